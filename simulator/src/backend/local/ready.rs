use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use crate::topology::ReadyProbe;

/// How long an answer may take before it counts as none.
const ANSWER_WITHIN: Duration = Duration::from_secs(2);
const REASON_WITHIN: Duration = Duration::from_millis(100);
/// Of an answer that says no, so much is read to say why.
const REASON_BYTES: u64 = 2_000;

/// Asks once. `Err` says what came back instead of a yes.
pub(super) async fn ask(probe: &ReadyProbe, port: u16) -> Result<(), String> {
    let address = SocketAddr::from((Ipv4Addr::LOCALHOST, port));
    match timeout(ANSWER_WITHIN, attempt(probe, address)).await {
        Ok(answer) => answer,
        Err(_) => Err(format!("nothing, for {} s", ANSWER_WITHIN.as_secs())),
    }
}

async fn attempt(probe: &ReadyProbe, address: SocketAddr) -> Result<(), String> {
    let refused = |error: std::io::Error| error.to_string();
    let mut stream = TcpStream::connect(address).await.map_err(refused)?;
    let ReadyProbe::Http(path) = probe else { return Ok(()) };
    let request = format!("GET {path} HTTP/1.1\r\nHost: {address}\r\nConnection: close\r\n\r\n");
    stream.write_all(request.as_bytes()).await.map_err(refused)?;
    let mut answer = Vec::new();
    while !answer.contains(&b'\n') {
        if stream.read_buf(&mut answer).await.map_err(refused)? == 0 {
            return Err("an answer without a status line".to_owned());
        }
    }
    let is_yes = String::from_utf8_lossy(&answer)
        .split_whitespace()
        .nth(1)
        .is_some_and(|status| status.starts_with('2'));
    if is_yes {
        return Ok(());
    }
    // The reason is worth a moment, not the whole time: a server may keep the connection open.
    let _ = timeout(REASON_WITHIN, stream.take(REASON_BYTES).read_to_end(&mut answer)).await;
    Err(in_one_line(&String::from_utf8_lossy(&answer)))
}

fn in_one_line(answer: &str) -> String {
    let (head, body) = answer.split_once("\r\n\r\n").unwrap_or((answer, ""));
    let status = head.lines().next().unwrap_or_default();
    let words: Vec<&str> = body.split_whitespace().collect();
    format!("{status} {}", words.join(" ")).trim().to_owned()
}
