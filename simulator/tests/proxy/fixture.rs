//! `seam proxy` as a child process, a client of its API, and an echo server behind it.

use std::{
    io::{BufRead, BufReader, Read, Write},
    net::{Shutdown, SocketAddr, TcpListener, TcpStream},
    process::{Child, Command, Stdio},
    thread,
    time::Duration,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

/// Deadline of everything that must happen.
pub(crate) const LIMIT: Duration = Duration::from_secs(20);
/// Time in which nothing may happen.
pub(crate) const QUIET: Duration = Duration::from_millis(200);

/// A `seam proxy` that is up.
pub(crate) struct Server {
    child: Child,
    api: SocketAddr,
}

/// An answer of the API: its status and its body, null where that is empty.
pub(crate) type Answer = (u16, Value);

impl Server {
    pub(crate) fn new() -> Self {
        Self::with(&[])
    }

    pub(crate) fn with(args: &[&str]) -> Self {
        let mut child = Command::new(env!("CARGO_BIN_EXE_seam"))
            .args(["proxy", "--port", "0"])
            .args(args)
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let mut line = String::new();
        BufReader::new(child.stdout.take().unwrap())
            .read_line(&mut line)
            .unwrap();
        let api = line.trim().strip_prefix("http://").unwrap().parse().unwrap();
        Self { child, api }
    }

    /// Sends a request; the body is JSON unless it is null, which is none.
    pub(crate) fn ask(&self, method: &str, path: &str, body: Value) -> Answer {
        let body = if body.is_null() {
            String::new()
        } else {
            body.to_string()
        };
        let (status, body) = self.ask_as(method, path, "", &body);
        let body = if body.is_empty() {
            Value::Null
        } else {
            serde_json::from_str(&body).unwrap()
        };
        (status, body)
    }

    /// Sends a request with these headers, each with its line end, and returns the body as it came.
    pub(crate) fn ask_as(&self, method: &str, path: &str, headers: &str, body: &str) -> (u16, String) {
        let mut stream = connect(self.api);
        let length = body.len();
        let head = format!("{method} {path} HTTP/1.1\r\nhost: x\r\nconnection: close\r\ncontent-length: {length}\r\n");
        write!(stream, "{head}{headers}\r\n{body}").unwrap();
        let mut answer = String::new();
        stream.read_to_string(&mut answer).unwrap();
        let (head, body) = answer.split_once("\r\n\r\n").unwrap();
        (head[9..12].parse().unwrap(), body.to_owned())
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let (status, body) = self.ask("GET", path, Value::Null);
        assert_eq!(status, 200, "{path}: {body}");
        body
    }

    /// Creates a proxy in front of this upstream, and returns its address.
    pub(crate) fn create(&self, name: &str, upstream: SocketAddr) -> SocketAddr {
        let proxy = json!({ "name": name, "listen": "127.0.0.1:0", "upstream": upstream });
        let (status, body) = self.ask("POST", "/proxies", proxy);
        assert_eq!(status, 201, "{body}");
        body["listen"].as_str().unwrap().parse().unwrap()
    }

    /// Adds a toxic to the proxy `echo`.
    pub(crate) fn add(&self, toxic: Value) -> Value {
        let (status, body) = self.ask("POST", "/proxies/echo/toxics", toxic);
        assert_eq!(status, 200, "{body}");
        body
    }

    pub(crate) fn done(&self, method: &str, path: &str) {
        assert_eq!(
            self.ask(method, path, Value::Null),
            (204, Value::Null),
            "{method} {path}"
        );
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        kill_process(Pid::from_child(&self.child), Signal::TERM).unwrap();
        let status = self.child.wait().unwrap();
        if !thread::panicking() {
            assert_eq!(status.code(), Some(0), "told to stop");
        }
    }
}

/// Listens, and sends every connection its own bytes back, for as long as the process lives.
pub(crate) fn echo() -> SocketAddr {
    serve(|stream| {
        let mut back = stream.try_clone().unwrap();
        let _ = std::io::copy(&mut { stream }, &mut back);
        let _ = back.shutdown(Shutdown::Write);
    })
}

/// Listens, and does this to every connection, for as long as the process lives.
pub(crate) fn serve(each: impl Fn(TcpStream) + Send + Copy + 'static) -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            thread::spawn(move || each(stream));
        }
    });
    address
}

pub(crate) fn connect(address: SocketAddr) -> TcpStream {
    let stream = TcpStream::connect_timeout(&address, LIMIT).unwrap();
    stream.set_read_timeout(Some(LIMIT)).unwrap();
    stream.set_write_timeout(Some(LIMIT)).unwrap();
    stream.set_nodelay(true).unwrap();
    stream
}

pub(crate) fn read(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    stream.read_exact(&mut bytes).unwrap();
    bytes
}

pub(crate) fn exchange(stream: &mut TcpStream, bytes: &[u8]) {
    stream.write_all(bytes).unwrap();
    assert_eq!(read(stream, bytes.len()), bytes);
}

/// Reads to the end of the stream, which may be a reset.
pub(crate) fn rest(stream: &mut TcpStream) -> Vec<u8> {
    let mut bytes = Vec::new();
    if let Err(error) = stream.read_to_end(&mut bytes) {
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset);
    }
    bytes
}

/// Fails if the stream has bytes or an end to read within a short time.
pub(crate) fn is_silent(stream: &mut TcpStream) {
    stream.set_read_timeout(Some(QUIET)).unwrap();
    let seen = stream.read(&mut [0; 16]);
    assert_eq!(seen.unwrap_err().kind(), std::io::ErrorKind::WouldBlock);
    stream.set_read_timeout(Some(LIMIT)).unwrap();
}
