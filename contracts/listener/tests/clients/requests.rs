//! Requests that are odd, and the answers that they get.

use std::time::Duration;

use tokio::io::AsyncWriteExt;

use crate::support::{LIVE, short, start};

#[tokio::test]
async fn a_client_that_closes_its_half_after_the_request_is_answered() {
    let server = start(short()).await;
    for request in [
        LIVE,
        "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 4\r\n\r\nlive",
        "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n4\r\nlive\r\n0\r\n\r\n",
    ] {
        let mut client = server.sent(request).await;
        client.0.shutdown().await.unwrap();
        assert!(client.answer().await.ends_with("live"), "{request}");
    }
    let mut waiting = server.sent("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    waiting.0.shutdown().await.unwrap();
    assert!(waiting.hears_nothing_for(Duration::from_millis(200)).await);
    server.gate.add_permits(1);
    assert!(waiting.answer().await.ends_with("waited"));
    server.stop().await;
}

#[tokio::test]
async fn framing_that_the_standard_forbids_is_refused_and_the_connection_closed() {
    let server = start(short()).await;
    for (headers, status, refusal) in [
        ("", 400, "Host"),
        ("host: x\r\nhost: x\r\n", 400, "Host"),
        ("host: a b\r\n", 400, "Host"),
        (
            "host: x\r\ntransfer-encoding: gzip, chunked\r\n",
            501,
            "TransferEncoding",
        ),
    ] {
        let mut client = server
            .sent(&format!("POST /echo HTTP/1.1\r\n{headers}\r\n0\r\n\r\n"))
            .await;
        let answer = client.answer().await;
        assert!(answer.starts_with(&format!("HTTP/1.1 {status}")), "{headers}: {answer}");
        assert!(
            answer.ends_with(refusal) && answer.contains("connection: close"),
            "{answer}"
        );
    }
    let mut old = server.sent("GET /health/live HTTP/1.0\r\n\r\n").await;
    assert!(old.answer().await.ends_with("live"), "HTTP/1.0 has no Host");
    server.stop().await;
}

#[tokio::test]
async fn http_2_is_not_spoken() {
    let server = start(short()).await;
    let mut client = server.sent("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n").await;
    let answer = client.answer().await;
    assert!(answer.is_empty() || answer.starts_with("HTTP/1.1 4"), "{answer:?}");
    server.stop().await;
}

#[tokio::test]
async fn pipelined_requests_are_answered_in_turn() {
    let server = start(short()).await;
    let echo = |text: &str| format!("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\n{text}");
    let mut client = server.sent(&format!("{}{}{LIVE}", echo("1"), echo("2"))).await;
    let mut all = String::new();
    while !all.ends_with("live") {
        all += &client.answer().await;
    }
    assert_eq!(all.matches("HTTP/1.1 200").count(), 3, "{all}");
    server.stop().await;
}
