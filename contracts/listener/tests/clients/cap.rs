//! More clients, or larger bodies, than there is room for.

use listener::{Limits, MARGIN};

use crate::support::{DEADLINE, LIVE, eventually, has_noticed, short, start};

const WAIT: &str = "GET /wait HTTP/1.1\r\nhost: x\r\n\r\n";

fn patient(connections: usize) -> Limits {
    Limits {
        head: DEADLINE * 2,
        body: DEADLINE * 2,
        idle: DEADLINE * 2,
        connections,
        ..short()
    }
}

#[tokio::test]
async fn a_new_connection_takes_the_place_of_the_longest_silent_one() {
    let server = start(patient(8)).await;
    let mut silent = Vec::new();
    for _ in 0..8 {
        let mut client = server.sent(LIVE).await;
        assert!(client.answer().await.contains("live"));
        silent.push(client);
    }
    // The first is heard of again, so the second is the longest silent one.
    silent[0].send(LIVE).await;
    assert!(silent[0].answer().await.contains("live"));

    let mut new = server.sent(LIVE).await;
    assert!(new.answer().await.contains("live"));
    silent[1].closed().await;
    for kept in [0, 2, 7] {
        silent[kept].send(LIVE).await;
        assert!(silent[kept].answer().await.contains("live"), "{kept} is kept");
    }
    server.stop().await;
}

#[tokio::test]
async fn a_flood_of_half_requests_keeps_nobody_out() {
    let server = start(patient(16)).await;
    let mut flood = Vec::new();
    for _ in 0..300 {
        flood.push(server.sent("GET / HTTP/1.1\r\nx: ").await);
        assert!(server.lives().await);
    }
    server.stop().await;
}

#[tokio::test]
async fn when_all_connections_are_worked_on_liveness_is_answered_and_the_rest_refused() {
    let server = start(patient(4)).await;
    let mut working = Vec::new();
    for number in 1..=4 {
        working.push(server.sent(WAIT).await);
        server.waits_for(number).await;
    }

    let echo = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 1\r\n\r\nx";
    let answer = server.sent(echo).await.answer().await;
    assert!(
        answer.starts_with("HTTP/1.1 503") && answer.ends_with("Busy"),
        "{answer}"
    );
    assert!(answer.contains("connection: close"), "{answer}");
    for _ in 0..3 * MARGIN {
        assert!(server.lives().await);
    }

    server.gate.add_permits(4);
    for client in &mut working {
        assert!(client.answer().await.ends_with("waited"), "none of them was cut");
    }
    server.stop().await;
}

#[tokio::test]
async fn beyond_the_margin_connections_are_closed_with_a_notice() {
    let server = start(patient(1)).await;
    let mut working = vec![server.sent(WAIT).await];
    for number in 1..=MARGIN {
        server.waits_for(number).await;
        working.push(server.sent("GET /health/wait HTTP/1.1\r\nhost: x\r\n\r\n").await);
    }
    server.waits_for(MARGIN + 1).await;

    server.connect().await.closed().await;
    assert!(has_noticed("all 1 connections are being worked on"));

    server.gate.add_permits(MARGIN + 1);
    for client in &mut working {
        assert!(client.answer().await.ends_with("waited"), "none of them was cut");
    }
    eventually("there is room again", async || server.lives().await).await;
    server.stop().await;
}

#[tokio::test]
async fn bodies_hold_no_more_memory_than_they_may_and_it_is_free_again_afterwards() {
    let limits = Limits {
        body_bytes: 100_000,
        ..patient(100)
    };
    let server = start(limits).await;
    let wait = format!(
        "POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 60000\r\n\r\n{}",
        "x".repeat(60_000)
    );
    let mut first = server.sent(&wait).await;
    server.waits_for(1).await;

    for _ in 0..3 {
        let answer = server.sent(&wait).await.answer().await;
        assert!(
            answer.starts_with("HTTP/1.1 503") && answer.ends_with("Memory"),
            "{answer}"
        );
    }
    assert!(server.lives().await);
    server.gate.add_permits(11);
    assert!(first.answer().await.ends_with("waited 60000"));

    for _ in 0..10 {
        let answer = server.sent(&wait).await.answer().await;
        assert!(answer.ends_with("waited 60000"), "what was held is free: {answer}");
    }
    let mut large = server
        .sent("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\n")
        .await;
    large.send(&"y".repeat(2_000_000)).await;
    let answer = large.answer().await;
    assert!(answer.ends_with("Memory"), "read to its end, and refused: {answer}");
    server.stop().await;
}

#[tokio::test]
async fn the_rest_of_a_refused_body_is_not_awaited_as_long_as_a_kept_connection() {
    let limits = Limits {
        body_bytes: 10,
        idle: DEADLINE * 2,
        ..short()
    };
    let server = start(limits).await;
    let half = "POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 2000000\r\n\r\nmore than ten bytes";
    let mut client = server.sent(half).await;
    assert!(client.answer().await.ends_with("Memory"));
    let took = client.closed().await;
    assert!(took < DEADLINE / 2, "it took {took:?}");
    server.stop().await;
}
