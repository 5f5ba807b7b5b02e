//! A link with a server that notes each request, and clients that send plain text.

use std::sync::{Arc, Mutex};

use faults::{Effect, Fault, Faults, Proxy, Requests, Selector, Upstream, Which};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    time::{Instant, sleep, timeout},
};

use crate::fixture::{LIMIT, LOOPBACK, read, read_to_end};

pub(crate) struct Web {
    pub(crate) proxy: Proxy,
    seen: Arc<Mutex<Vec<String>>>,
}

impl Web {
    /// A server that answers each request with its method and path as the content, or with a path that begins with
    /// `/chunks` in chunks of four bytes.
    pub(crate) async fn new() -> Self {
        Self::answering(reply).await
    }

    /// A server that answers each request with what this makes of its method and path.
    pub(crate) async fn answering(reply: fn(&str) -> String) -> Self {
        Self::with(Faults::new(3, "web"), reply).await
    }

    pub(crate) async fn with(faults: Faults, reply: fn(&str) -> String) -> Self {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let upstream = Upstream::at(listener.local_addr().unwrap());
        let seen = Arc::<Mutex<Vec<String>>>::default();
        let noted = Arc::clone(&seen);
        tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                tokio::spawn(serve(stream, Arc::clone(&noted), reply));
            }
        });
        let proxy = Proxy::listen_with(LOOPBACK.into(), upstream, faults).await.unwrap();
        Self { proxy, seen }
    }

    pub(crate) fn lay(&self, name: &str, requests: Requests, does: Effect) {
        self.proxy.faults().lay(on_requests(name, requests, does)).unwrap();
    }

    pub(crate) async fn connect(&self) -> TcpStream {
        let connected = timeout(LIMIT, TcpStream::connect(self.proxy.address()));
        connected.await.unwrap().unwrap()
    }

    /// Requests that the server has read, as method, path and body.
    pub(crate) fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }

    pub(crate) async fn until_seen(&self, number: usize) {
        let deadline = Instant::now() + LIMIT;
        while self.seen().len() < number {
            assert!(Instant::now() < deadline, "only these came: {:?}", self.seen());
            sleep(std::time::Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn tally(&self, fault: &str) -> faults::Tally {
        self.proxy.faults().record().tallies[fault]
    }
}

async fn serve(mut stream: TcpStream, seen: Arc<Mutex<Vec<String>>>, reply: fn(&str) -> String) {
    let mut text = String::new();
    let mut buffer = [0; 4096];
    while let Ok(read @ 1..) = stream.read(&mut buffer).await {
        text += std::str::from_utf8(&buffer[..read]).unwrap();
        while let Some((head, rest)) = text.split_once("\r\n\r\n") {
            let length = head.split_once("content-length: ").map_or(0, |(_, rest)| {
                rest.split("\r\n").next().unwrap_or_default().parse::<usize>().unwrap()
            });
            if rest.len() < length {
                break;
            }
            let line = head.split(" HTTP/1.").next().unwrap_or_default().to_owned();
            let body = rest[..length].to_owned();
            text = rest[length..].to_owned();
            seen.lock()
                .unwrap()
                .push(format!("{line} {body}").trim_end().to_owned());
            stream.write_all(reply(&line).as_bytes()).await.unwrap();
        }
    }
}

/// The server's reply to a request with this method and path.
pub(crate) fn reply(line: &str) -> String {
    if !line.contains(" /chunks") {
        return format!("HTTP/1.1 200 OK\r\ncontent-length: {}\r\n\r\n{line}", line.len());
    }
    let mut text = "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    for chunk in line.as_bytes().chunks(4) {
        let chunk = std::str::from_utf8(chunk).unwrap();
        text += &format!("{:x};name=value\r\n{chunk}\r\n", chunk.len());
    }
    text + "0\r\nx-trailer: 1\r\n\r\n"
}

pub(crate) fn on_requests(name: &str, requests: Requests, does: Effect) -> Fault {
    let on = Selector {
        http: Some(requests),
        ..Selector::default()
    };
    Fault::new(name, on, does).unwrap()
}

/// All requests with this method and path.
pub(crate) fn fitting(method: &str, path: &str) -> Requests {
    Requests {
        method: Some(method.to_owned()),
        path: Some(path.to_owned()),
        ..Requests::default()
    }
}

pub(crate) fn chosen(requests: Which) -> Requests {
    Requests {
        requests,
        ..Requests::default()
    }
}

pub(crate) fn answer(status: u16) -> Effect {
    Effect::Answer(faults::Answer {
        status,
        headers: [("retry-after".to_owned(), "1".to_owned())].into(),
        body: "later".to_owned(),
    })
}

pub(crate) const ANSWERED: &str = "HTTP/1.1 503 \r\nretry-after: 1\r\ncontent-length: 5\r\n\r\nlater";

/// Sends text, and fails unless this is what comes back.
pub(crate) async fn ask(client: &mut TcpStream, text: &str, wanted: &str) {
    client.write_all(text.as_bytes()).await.unwrap();
    let came = read(client, wanted.len()).await;
    assert_eq!(String::from_utf8_lossy(&came), wanted);
}

pub(crate) async fn ask_to_end(client: &mut TcpStream, text: &str) -> String {
    client.write_all(text.as_bytes()).await.unwrap();
    String::from_utf8(read_to_end(client).await).unwrap()
}

pub(crate) fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nhost: web\r\n\r\n")
}

pub(crate) fn post(path: &str, body: &str) -> String {
    format!(
        "POST {path} HTTP/1.1\r\nhost: web\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}
