//! Requests that are odd, and the answers that they get.

use std::time::Duration;

use listener::Limits;
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{interval, timeout},
};

use crate::support::{DEADLINE, LIVE, short, start};

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
async fn the_rest_of_a_request_with_a_malformed_chunk_is_read_so_that_its_refusal_arrives() {
    let server = start(short()).await;
    let head = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\n";
    // More than the buffers of both sockets hold.
    let rest = "x".repeat(12 << 20);
    for chunk in ["zz\r\n", "-1\r\n", "2;"] {
        let mut client = server.sent(&format!("{head}{chunk}{rest}")).await;
        let answer = client.answer().await;
        assert!(answer.starts_with("HTTP/1.1 400"), "{chunk:?}: {answer}");
        let end = client.0.read(&mut [0]).await;
        assert_eq!(end.expect("no reset"), 0, "{chunk:?}");
    }
    server.stop().await;
}

#[tokio::test]
async fn the_rest_of_a_refused_request_is_read_up_to_a_time_and_a_number_of_bytes() {
    let malformed = "POST /echo HTTP/1.1\r\nhost: x\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n";
    let server = start(short()).await;
    let client = server.sent(malformed).await;
    let mut now_and_then = interval(Duration::from_millis(50));
    // Writing fails once the server has closed the connection.
    let slow = async {
        while client.0.try_write(b" ").is_ok() {
            now_and_then.tick().await;
        }
    };
    timeout(DEADLINE / 2, slow).await.expect("a slow client is cut off");
    server.stop().await;

    let patient = Limits {
        head: DEADLINE * 2,
        ..short()
    };
    let server = start(patient).await;
    let mut client = server.sent(malformed).await;
    let piece = vec![b'x'; 1 << 20];
    let flood = async { while client.0.write_all(&piece).await.is_ok() {} };
    timeout(DEADLINE / 2, flood).await.expect("a flood is cut off");
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
