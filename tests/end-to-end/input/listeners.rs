//! Listeners of the real binaries, with clients that are too many, too slow, or gone.

use std::{
    fs::File,
    io::{Read, Write},
    net::TcpStream,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    time::{Duration, Instant},
};

use tempfile::TempDir;

const LIVE: &str = "GET /health/live HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n";
const HALF_A_BODY: &str = "POST /v2/orders HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\n\
                           Idempotency-Key: half\r\nContent-Length: 2000000\r\n\r\n{";
const LIMIT: Duration = Duration::from_secs(30);

/// The program under a limit of descriptors, with everything that it says in one file.
struct Program {
    child: Child,
    folder: TempDir,
}

impl Program {
    fn start(program: &Command, descriptors: u32, variables: &[(&str, &str)]) -> Self {
        let folder = tempfile::tempdir().expect("a temporary folder");
        let said = File::create(folder.path().join("said")).expect("a file");
        let mut command = Command::new("sh");
        command
            .args(["-c", &format!("ulimit -n {descriptors}; exec \"$0\" \"$@\"")])
            .arg(program.get_program())
            .args(program.get_args())
            .current_dir(program.get_current_dir().expect("the workspace"))
            .env("ADDRESS_FILE", folder.path().join("address"))
            .env(
                "DATABASE_URL",
                format!("sqlite://{}/{{module}}.db", folder.path().display()),
            )
            .envs(variables.iter().copied())
            .stdin(Stdio::null())
            .stdout(said.try_clone().expect("a file"))
            .stderr(said);
        let child = command.spawn().expect("sh starts");
        Self { child, folder }
    }

    /// Orders, whose neighbours are out of reach.
    fn orders(descriptors: u32, variables: &[(&str, &str)]) -> Self {
        let nowhere = "http://127.0.0.1:9";
        let neighbours = [
            ("INVENTORY_URL", nowhere),
            ("PAYMENTS_URL", nowhere),
            ("LISTEN", "127.0.0.1:0"),
        ];
        Self::start(
            &tests::binary("orders"),
            descriptors,
            &[&neighbours, variables].concat(),
        )
    }

    fn file(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    fn address(&self) -> String {
        let file = self.file("address");
        until("it listens", || file.exists());
        std::fs::read_to_string(file).expect("the address")
    }

    fn said(&self) -> String {
        read(&self.file("said"))
    }

    /// Sends SIGTERM and returns the time until the process has ended.
    fn stop(&mut self) -> Duration {
        let begun = Instant::now();
        let killed = Command::new("kill").arg(self.child.id().to_string()).status();
        assert!(killed.expect("kill starts").success());
        until("it ends", || self.child.try_wait().expect("a child").is_some());
        begun.elapsed()
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        if matches!(self.child.try_wait(), Ok(Some(_))) {
            return;
        }
        // SIGTERM, after which `seam` ends its nodes.
        let _ = Command::new("kill").arg(self.child.id().to_string()).status();
        let _ = self.child.wait();
    }
}

fn read(file: &Path) -> String {
    String::from_utf8_lossy(&std::fs::read(file).unwrap_or_default()).into_owned()
}

fn until(what: &str, condition: impl FnMut() -> bool) {
    until_within(LIMIT, what, condition);
}

fn until_within(limit: Duration, what: &str, mut condition: impl FnMut() -> bool) {
    let begun = Instant::now();
    while !condition() {
        assert!(begun.elapsed() < limit, "never: {what}");
        std::thread::park_timeout(Duration::from_millis(10));
    }
}

fn sent(address: &str, text: &str) -> TcpStream {
    let mut socket = TcpStream::connect(address).expect("it listens");
    socket.set_read_timeout(Some(LIMIT)).expect("a time limit");
    // A server that is out of room may have closed it already.
    let _ = socket.write_all(text.as_bytes());
    socket
}

fn lives(address: &str) -> bool {
    // A proxy out of descriptors resets connections as soon as they are made.
    let Ok(mut socket) = TcpStream::connect(address) else {
        return false;
    };
    socket.set_read_timeout(Some(LIMIT)).expect("a time limit");
    let mut answer = String::new();
    let is_sent = socket.write_all(LIVE.as_bytes()).is_ok();
    is_sent && socket.read_to_string(&mut answer).is_ok() && answer.starts_with("HTTP/1.1 200")
}

fn is_closed(mut socket: &TcpStream) -> bool {
    !matches!(socket.read(&mut [0; 1]), Ok(1))
}

#[test]
fn a_service_is_answering_while_300_half_requests_are_open_and_closes_them_within_the_limit() {
    let mut orders = Program::orders(1_024, &[("HEAD_MS", "1000"), ("BODY_MS", "1000")]);
    let address = orders.address();
    let begun = Instant::now();
    let halves: Vec<TcpStream> = (0..300)
        .map(|number| {
            let half = [HALF_A_BODY, "GET /health/live HTTP/1.1\r\nX: ", ""][number % 3];
            sent(&address, half)
        })
        .collect();
    assert!(lives(&address));
    for half in &halves {
        assert!(is_closed(half));
    }
    assert!(
        begun.elapsed() < Duration::from_secs(10),
        "it took {:?}",
        begun.elapsed()
    );
    assert!(lives(&address));
    assert!(
        orders.said().contains("silent or slow for too long"),
        "{}",
        orders.said()
    );
    orders.stop();
}

#[test]
fn a_service_with_few_descriptors_is_answering_while_more_silent_connections_come_than_it_has() {
    let mut orders = Program::orders(64, &[]);
    let address = orders.address();
    let mut silent = Vec::new();
    for _ in 0..100 {
        silent.push(sent(&address, ""));
        assert!(
            lives(&address),
            "after {} silent connections:\n{}",
            silent.len(),
            orders.said()
        );
    }
    orders.stop();
}

#[test]
fn half_a_request_does_not_hold_up_the_end_of_a_service() {
    let mut orders = Program::orders(1_024, &[]);
    let address = orders.address();
    let _halves = [HALF_A_BODY, "GET /health/live HTTP/1.1\r\nX: ", ""].map(|half| sent(&address, half));
    assert!(lives(&address));

    let took = orders.stop();
    assert!(
        took < Duration::from_secs(5),
        "of DRAIN_MS, 10 s, it took {took:?}:\n{}",
        orders.said()
    );
}

#[test]
fn a_fault_proxy_without_descriptors_says_so_and_goes_on() {
    let mut seam = tests::seam();
    seam.args(["up", "monolith", "--json"]);
    if !cfg!(debug_assertions) {
        seam.arg("--release");
    }
    let mut seam = Program::start(&seam, 256, &[]);
    let ready = |said: &str| {
        let lines = said
            .lines()
            .filter_map(|line| serde_json::from_str::<serde_json::Value>(line).ok());
        let mut events = lines.filter(|line| line["event"] == "ready");
        let nodes = events.next()?["nodes"].as_array()?.clone();
        let node = nodes.into_iter().find(|node| node["name"] == "monolith")?;
        node["address"].as_str().map(str::to_owned)
    };
    // That may take a build.
    until_within(Duration::from_secs(900), "the platform is up", || {
        ready(&seam.said()).is_some()
    });
    let address = ready(&seam.said()).expect("the address");

    // Two descriptors of the proxy each; all tests of this binary share those of its process.
    let flood: Vec<TcpStream> = (0..200).filter_map(|_| TcpStream::connect(&address).ok()).collect();
    until("the proxy says so", || seam.said().contains("fault proxy: no "));
    drop(flood);
    until("it goes on", || lives(&address));
    let complaints = seam.said().matches("fault proxy: ").count();
    assert!(complaints < 30, "{complaints} lines");
    seam.stop();
}
