//! Slow and silent clients.

use std::time::{Duration, Instant};

use listener::Limits;
use tokio::time::interval;

use crate::support::{LIVE, has_noticed, short, start};

const HALF_A_BODY: &str = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 100000\r\n\r\n{";

#[tokio::test]
async fn three_hundred_half_sent_requests_are_gone_within_the_limit_and_liveness_is_answered_throughout() {
    let server = start(short()).await;
    let begun = Instant::now();
    let mut clients = Vec::new();
    for _ in 0..100 {
        clients.push(server.connect().await);
        clients.push(server.sent("GET /health/live HTTP/1.1\r\nhost: x\r\nx: ").await);
        clients.push(server.sent(HALF_A_BODY).await);
    }
    for client in &mut clients {
        assert!(server.lives().await);
        client.closed().await;
    }
    let took = begun.elapsed();
    assert!(took < Duration::from_secs(5), "with limits of 1 s it took {took:?}");
    assert!(has_noticed("silent or slow for too long"));
    server.stop().await;
}

#[tokio::test]
async fn a_byte_now_and_then_does_not_keep_a_head_or_a_body_open() {
    let server = start(short()).await;
    let mut now_and_then = interval(Duration::from_millis(50));
    for begun in ["GET /health/live HTTP/1.1\r\nhost: x\r\nx: ", HALF_A_BODY] {
        let client = server.sent(begun).await;
        let began = Instant::now();
        // Writing fails once the server has closed the connection.
        while client.0.try_write(b" ").is_ok() {
            now_and_then.tick().await;
            assert!(began.elapsed() < Duration::from_secs(5), "{begun:?} goes on");
        }
        assert!(began.elapsed() >= Duration::from_millis(900), "not before the limit");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_body_slower_than_the_limit_is_taken_if_it_keeps_the_rate() {
    let limits = Limits {
        body_rate: 1_000,
        ..short()
    };
    let server = start(limits).await;
    let mut client = server
        .sent("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 20000\r\n\r\n")
        .await;
    let piece = "x".repeat(1_000);
    let mut ten_times_the_rate = interval(Duration::from_millis(100));
    for _ in 0..20 {
        ten_times_the_rate.tick().await;
        client.send(&piece).await;
    }
    assert!(client.answer().await.starts_with("HTTP/1.1 200"));
    server.stop().await;
}

#[tokio::test]
async fn a_kept_connection_is_closed_when_it_is_silent_and_only_then() {
    let server = start(short()).await;
    let mut client = server.connect().await;
    for _ in 0..4 {
        client.send(LIVE).await;
        assert!(client.answer().await.contains("live"));
        assert!(client.hears_nothing_for(Duration::from_millis(1_200)).await);
    }
    client.send(LIVE).await;
    assert!(client.answer().await.contains("live"), "silent for less than the limit");

    let silent = client.closed().await;
    assert!(silent >= Duration::from_millis(1_900), "after {silent:?}");
    server.stop().await;
}

#[tokio::test]
async fn the_servers_own_work_has_no_limit() {
    let server = start(short()).await;
    let mut getting = server.sent("GET /wait HTTP/1.1\r\nhost: x\r\n\r\n").await;
    let mut posting = server
        .sent("POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    assert!(
        getting.hears_nothing_for(Duration::from_secs(3)).await,
        "longer than any limit on clients"
    );
    assert!(posting.hears_nothing_for(Duration::ZERO).await);
    server.gate.add_permits(2);

    assert!(getting.answer().await.ends_with("waited"));
    assert!(posting.answer().await.ends_with("waited 3"));
    server.stop().await;
}
