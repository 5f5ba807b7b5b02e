use std::{
    fs,
    io::{BufRead, BufReader, Read, Write},
    net::{SocketAddr, TcpStream},
    path::{Path, PathBuf},
    process::{Child, Command, ExitStatus, Stdio},
    sync::{
        atomic::{AtomicU64, Ordering::Relaxed},
        mpsc::{Receiver, RecvTimeoutError, channel},
    },
    thread,
    time::{Duration, Instant},
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

pub(crate) const LIMIT: Duration = Duration::from_secs(30);

/// A web server of somebody else, in a language of its own.
pub(crate) const PYTHON: &str = r#"["python3", "-u", "-m", "http.server", "--bind", "127.0.0.1", "${port}"]"#;

/// A folder with a topology file in it, gone when dropped.
#[derive(Debug)]
pub(crate) struct Shop {
    pub(crate) folder: tempfile::TempDir,
}

impl Shop {
    pub(crate) fn new(topology: &str) -> Self {
        let folder = tempfile::tempdir().unwrap();
        fs::write(folder.path().join("shop.toml"), topology).unwrap();
        Self { folder }
    }

    pub(crate) fn file(&self) -> PathBuf {
        self.folder.path().join("shop.toml")
    }

    pub(crate) fn up(&self, args: &[&str]) -> Seam {
        Seam::start(self.folder.path(), &[&["up", "shop.toml"], args].concat())
    }

    pub(crate) fn runs(&self) -> usize {
        fs::read_dir(self.folder.path().join(".seam/runs")).map_or(0, Iterator::count)
    }
}

/// The exit code of `seam up` on a topology that does not come up, and what it said. Nothing of it is left.
pub(crate) fn refused(topology: &str) -> (Option<i32>, String) {
    let shop = Shop::new(topology);
    let mut seam = shop.up(&["--json"]);
    let (status, said) = seam.ended();
    seam.assert_nothing_is_left();
    (status.code(), said)
}

/// A running `seam`, with what it prints, and a mark on every process that comes of it.
#[derive(Debug)]
pub(crate) struct Seam {
    child: Child,
    mark: String,
    stdout: Receiver<String>,
    stderr: Receiver<String>,
}

impl Seam {
    pub(crate) fn start(folder: &Path, args: &[&str]) -> Self {
        Self::start_with(folder, args, &[])
    }

    /// Starts it with more variables in its environment.
    pub(crate) fn start_with(folder: &Path, args: &[&str], env: &[(&str, &str)]) -> Self {
        static NEXT: AtomicU64 = AtomicU64::new(0);
        let mark = format!("SEAM_TEST_MARK={}-{}", std::process::id(), NEXT.fetch_add(1, Relaxed));
        let (name, value) = mark.split_once('=').unwrap();
        let mut child = Command::new(env!("CARGO_BIN_EXE_seam"))
            .args(args)
            .env(name, value)
            .envs(env.iter().copied())
            .current_dir(folder)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let stdout = lines(child.stdout.take().unwrap());
        let stderr = lines(child.stderr.take().unwrap());
        Self {
            child,
            mark,
            stdout,
            stderr,
        }
    }

    /// The next line of stdout.
    pub(crate) fn line(&self) -> String {
        self.stdout.recv_timeout(LIMIT).unwrap()
    }

    /// The next line of stdout as JSON that satisfies `wanted`.
    pub(crate) fn wait_for(&self, wanted: impl Fn(&Value) -> bool) -> Value {
        let deadline = Instant::now() + LIMIT;
        loop {
            let line = match self
                .stdout
                .recv_timeout(deadline.saturating_duration_since(Instant::now()))
            {
                Ok(line) => line,
                Err(error) => panic!("{error}; stderr: {:#?}", self.stderr.try_iter().collect::<Vec<_>>()),
            };
            let line: Value = serde_json::from_str(&line).unwrap();
            if wanted(&line) {
                return line;
            }
        }
    }

    /// The line it prints when every node is ready.
    pub(crate) fn ready(&self) -> Value {
        self.wait_for(|line| line["event"] == "ready")
    }

    /// The line it prints when this node has died.
    pub(crate) fn died(&self, node: &str) -> Value {
        self.wait_for(|line| line["event"] == "node" && line["name"] == node && line["state"] == "died")
    }

    /// Waits until it has said `count` more lines on stderr, at most as long.
    pub(crate) fn heard(&self, count: usize, at_most: Duration) -> bool {
        (0..count).all(|_| !matches!(self.stderr.recv_timeout(at_most), Err(RecvTimeoutError::Timeout)))
    }

    pub(crate) fn signal(&self, signal: Signal) {
        kill_process(Pid::from_child(&self.child), signal).unwrap();
    }

    /// Its exit and the rest of what it said on stderr.
    pub(crate) fn ended(&mut self) -> (ExitStatus, String) {
        let status = until(|| self.child.try_wait().unwrap());
        let mut said = String::new();
        while let Ok(line) = self.stderr.recv_timeout(LIMIT) {
            said.push_str(&line);
            said.push('\n');
        }
        (status, said)
    }

    /// Every process that comes of it, itself left out.
    pub(crate) fn offspring(&self) -> Vec<String> {
        let own = self.child.id().to_string();
        let processes = fs::read_dir("/proc").unwrap().flatten().filter(|entry| {
            let environment = fs::read(entry.path().join("environ")).unwrap_or_default();
            environment
                .split(|byte| *byte == 0)
                .any(|variable| variable == self.mark.as_bytes())
        });
        let name = |entry: fs::DirEntry| {
            let line = fs::read(entry.path().join("cmdline")).unwrap_or_default();
            format!(
                "{} {}",
                entry.file_name().display(),
                String::from_utf8_lossy(&line).replace('\0', " ")
            )
        };
        processes.filter(|entry| entry.file_name() != *own).map(name).collect()
    }

    pub(crate) fn assert_nothing_is_left(&self) {
        let deadline = Instant::now() + LIMIT;
        loop {
            let left = self.offspring();
            if left.is_empty() {
                return;
            }
            assert!(Instant::now() < deadline, "left behind: {left:#?}");
            thread::yield_now();
        }
    }
}

impl Drop for Seam {
    fn drop(&mut self) {
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

/// Polls until there is something.
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

/// The status line of a GET; nothing if there was no answer.
pub(crate) fn get(address: SocketAddr, path: &str) -> Option<String> {
    let mut stream = TcpStream::connect(address).ok()?;
    stream.set_read_timeout(Some(LIMIT)).ok()?;
    write!(stream, "GET {path} HTTP/1.0\r\n\r\n").ok()?;
    let mut line = String::new();
    BufReader::new(stream).read_line(&mut line).ok()?;
    Some(line.trim_end().to_owned())
}

/// A node in the line that says that all are ready.
pub(crate) fn node<'l>(ready: &'l Value, name: &str) -> &'l Value {
    ready["nodes"]
        .as_array()
        .unwrap()
        .iter()
        .find(|node| node["name"] == name)
        .unwrap()
}

pub(crate) fn address(node: &Value) -> SocketAddr {
    assert_eq!(node["address"], node["addresses"]["main"]);
    node["address"].as_str().unwrap().parse().unwrap()
}

fn lines(from: impl Read + Send + 'static) -> Receiver<String> {
    let (send, receive) = channel();
    thread::spawn(move || {
        for line in BufReader::new(from).lines().map_while(Result::ok) {
            if send.send(line).is_err() {
                return;
            }
        }
    });
    receive
}
