use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, Output, Stdio},
    sync::mpsc,
    thread,
    time::{Duration, Instant},
};

use rustix::fs::{FlockOperation, flock};
use serde_json::Value;

/// Time for anything that these tests wait for. The first of them has the program of the nodes compiled.
pub(crate) const LIMIT: Duration = Duration::from_secs(120);

/// Two servers that are built by cargo, one of which calls the other.
pub(crate) const TWO: &str = r#"
    [node.web]
    cargo = { package = "web" }
    needs = ["store"]
    env = { LISTEN = "${host}:${port}", DATA = "${data}", STORE = "${link.store}" }
    ready = { http = "/" }
    [node.store]
    cargo = { package = "web" }
    env = { LISTEN = "${host}:${port}", DATA = "${data}" }
    ready = { http = "/" }
"#;

/// A server of somebody else.
pub(crate) const NATS: &str = r#"
    [node.nats]
    image = "nats:2"
    args = ["-m", "8222"]
    ports = ["main", "monitor"]
    fixed_ports = { main = 4222, monitor = 8222 }
    ready = { http = "/healthz", port = "monitor" }
"#;

/// A cargo workspace with a topology, gone when dropped, with every image that was made of it.
pub(crate) struct Shop {
    folder: tempfile::TempDir,
    name: String,
}

impl Shop {
    /// A topology of this name, which no other test has, with these nodes.
    pub(crate) fn new(name: &str, nodes: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let shop = Self {
            folder,
            name: name.to_owned(),
        };
        let package =
            "[package]\nname = 'web'\nversion = '0.1.0'\nedition = '2024'\n[features]\nfail-points = []\n[workspace]\n";
        shop.write("Cargo.toml", package);
        shop.write("src/main.rs", include_str!("web.rs"));
        shop.write("shop.toml", &format!("name = '{name}'\n{nodes}"));
        shop
    }

    pub(crate) fn folder(&self) -> &Path {
        self.folder.path()
    }

    pub(crate) fn write(&self, file: &str, text: &str) {
        let file = self.folder().join(file);
        fs::create_dir_all(file.parent().unwrap()).unwrap();
        fs::write(file, text).unwrap();
    }

    /// `seam` with these arguments, in this folder.
    pub(crate) fn seam(&self, args: &[&str]) -> Command {
        let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
        command
            .args(args)
            .current_dir(self.folder())
            .env_remove("CARGO_TARGET_DIR")
            .stdin(Stdio::null());
        command
    }

    /// Runs `seam` to its end; the exit code and all that it said.
    pub(crate) fn ran(&self, args: &[&str]) -> (Option<i32>, String) {
        said(&self.seam(args).output().unwrap())
    }

    /// Brings the topology up in containers. It goes down when the value is dropped.
    pub(crate) fn up(&self, more: &[&str]) -> Up {
        let mut up = self.begin(more);
        up.ready = Some(up.next("ready"));
        up
    }

    /// Begins to bring it up.
    pub(crate) fn begin(&self, more: &[&str]) -> Up {
        let args = [&["up", "shop.toml", "--backend", "containers", "--json"], more].concat();
        let mut child = self
            .seam(&args)
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        Up {
            lines: lines(child.stdout.take().unwrap()),
            said: lines(child.stderr.take().unwrap()),
            child,
            ready: None,
        }
    }

    /// Everything that the engine holds for runs of this topology, by kind and name.
    pub(crate) fn held(&self) -> Vec<String> {
        let of_run = |line: &&str| line.contains(&format!("seam-{}-", self.name));
        let listed = [
            docker(&["ps", "-a", "--format", "container {{.Names}}"]),
            docker(&["network", "ls", "--format", "network {{.Name}}"]),
            docker(&["volume", "ls", "--format", "volume {{.Name}}"]),
        ];
        let lines = listed.iter().flat_map(|listed| listed.lines());
        lines.filter(of_run).map(str::to_owned).collect()
    }

    /// Images that were made of this workspace.
    pub(crate) fn images(&self) -> Vec<String> {
        let place = fs::canonicalize(self.folder()).unwrap();
        let images = docker(&["images", "-q", "--no-trunc", "--filter", "label=seam.built-in"]);
        let label = "{{index .Config.Labels \"seam.built-in\"}}";
        let ours = |id: &&str| docker(&["inspect", "-f", label, id]).starts_with(&*place.to_string_lossy());
        images.lines().filter(ours).map(str::to_owned).collect()
    }

    /// Holds the folders of all runs, so that no `seam` of another test takes these for over and removes what is left.
    pub(crate) fn held_against_others(&self) -> Vec<fs::File> {
        let runs = fs::read_dir(self.folder().join(".seam/runs"));
        let folders = runs.into_iter().flatten().flatten().filter(|it| it.path().is_dir());
        let hold = |folder: fs::DirEntry| {
            let folder = fs::File::open(folder.path()).unwrap();
            flock(&folder, FlockOperation::LockExclusive).unwrap();
            folder
        };
        folders.map(hold).collect()
    }

    pub(crate) fn assert_nothing_is_left(&self) {
        let deadline = Instant::now() + LIMIT / 4;
        let mut left = self.held();
        while !left.is_empty() {
            assert!(Instant::now() < deadline, "left behind: {left:#?}");
            left = self.held();
        }
    }
}

impl Drop for Shop {
    fn drop(&mut self) {
        for image in self.images() {
            docker(&["rmi", "-f", &image]);
        }
        for thing in self.held() {
            let (kind, name) = thing.split_once(' ').unwrap();
            docker(&[kind, "rm", "-f", name]);
        }
    }
}

/// A `seam up` that runs.
pub(crate) struct Up {
    child: Child,
    lines: mpsc::Receiver<String>,
    said: mpsc::Receiver<String>,
    ready: Option<Value>,
}

impl Up {
    /// The next line of this kind on stdout.
    pub(crate) fn next(&self, event: &str) -> Value {
        loop {
            let line = self.lines.recv_timeout(LIMIT);
            let line = line.unwrap_or_else(|error| panic!("{error}: {:#?}", self.said.try_iter().collect::<Vec<_>>()));
            let line: Value = serde_json::from_str(&line).unwrap();
            if line["event"] == event {
                return line;
            }
        }
    }

    /// Waits until it says a line with this text on stderr.
    pub(crate) fn hears(&self, text: &str) {
        while !self.said.recv_timeout(LIMIT).unwrap().contains(text) {}
    }

    pub(crate) fn state(&self, node: &str, state: &str) -> Value {
        loop {
            let line = self.next("node");
            if line["name"] == node && line["state"] == state {
                return line;
            }
        }
    }

    pub(crate) fn pid(&self) -> u32 {
        self.child.id()
    }

    /// Folder of the run.
    pub(crate) fn run_folder(&self) -> PathBuf {
        self.ready.as_ref().unwrap()["folder"].as_str().unwrap().into()
    }

    /// Name of a node's container.
    pub(crate) fn container(&self, node: &str) -> String {
        format!("seam-{}-{node}", self.run_folder().file_name().unwrap().display())
    }

    /// Asks a node, from outside; status and body.
    pub(crate) fn get(&self, node: &str, path: &str) -> (u16, String) {
        get(self.address(node), path).unwrap()
    }

    pub(crate) fn address(&self, node: &str) -> SocketAddr {
        let nodes = self.ready.as_ref().unwrap()["nodes"].as_array().unwrap();
        let node = nodes.iter().find(|it| it["name"] == node).unwrap();
        node["address"].as_str().unwrap().parse().unwrap()
    }

    pub(crate) fn signal(&self, signal: rustix::process::Signal) {
        rustix::process::kill_process(rustix::process::Pid::from_child(&self.child), signal).unwrap();
    }

    /// Ends it in order; its exit code and what it said.
    pub(crate) fn down(&mut self) -> (Option<i32>, String) {
        self.signal(rustix::process::Signal::TERM);
        self.ended()
    }

    /// Its exit code and the rest of what it said, once it has ended.
    pub(crate) fn ended(&mut self) -> (Option<i32>, String) {
        let mut said = String::new();
        while let Ok(line) = self.said.recv_timeout(LIMIT) {
            said += &line;
            said.push('\n');
        }
        let status = until(|| self.child.try_wait().unwrap());
        (status.code(), said)
    }

    /// Lets a time pass, in which it may say something.
    pub(crate) fn passes(&self, time: Duration) {
        let until = Instant::now() + time;
        while self
            .said
            .recv_timeout(until.saturating_duration_since(Instant::now()))
            .is_ok()
        {}
    }
}

impl Drop for Up {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Status and body of an answer, within a few seconds.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<(u16, String)> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(Duration::from_secs(5))).ok()?;
    write!(stream, "GET {path} HTTP/1.1\r\nHost: here\r\nConnection: close\r\n\r\n").ok()?;
    let mut said = String::new();
    stream.read_to_string(&mut said).ok()?;
    let status = said.split(' ').nth(1)?.parse().ok()?;
    let (_, body) = said.split_once("\r\n\r\n")?;
    Some((status, body.to_owned()))
}

/// Runs `docker`; what it prints. Nothing if it fails.
pub(crate) fn docker(args: &[&str]) -> String {
    let output = Command::new("docker").args(args).output().unwrap();
    String::from_utf8(output.stdout).unwrap()
}

pub(crate) fn said(output: &Output) -> (Option<i32>, String) {
    let text = [&output.stdout[..], &output.stderr[..]].concat();
    (output.status.code(), String::from_utf8_lossy(&text).into_owned())
}

/// Polls until there is something.
#[track_caller]
pub(crate) fn until<T>(mut look: impl FnMut() -> Option<T>) -> T {
    let deadline = Instant::now() + LIMIT;
    loop {
        if let Some(seen) = look() {
            return seen;
        }
        assert!(Instant::now() < deadline, "never came");
        thread::yield_now();
    }
}

fn lines(from: impl Read + Send + 'static) -> mpsc::Receiver<String> {
    let (send, receive) = mpsc::channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}
