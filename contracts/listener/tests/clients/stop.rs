//! The end of a server.

use std::time::Duration;

use crate::support::{LIVE, eventually, short, start};

#[tokio::test]
async fn half_a_request_does_not_hold_up_a_stop() {
    let server = start(listener::Limits::default()).await;
    let mut clients = vec![server.connect().await, server.sent("GET / HTTP/1.1\r\nx: ").await];
    clients.push(
        server
            .sent("POST /echo HTTP/1.1\r\nhost: x\r\ncontent-length: 9\r\n\r\nx")
            .await,
    );
    clients.push(server.sent(LIVE).await);
    assert!(clients[3].answer().await.contains("live"));
    assert!(server.lives().await);

    let took = server.stop().await;

    assert!(took < Duration::from_secs(1), "it took {took:?}");
    for client in &mut clients {
        client.closed().await;
    }
}

#[tokio::test]
async fn a_stop_waits_for_the_answer_of_a_whole_request_and_takes_no_other() {
    let mut server = start(short()).await;
    let (gate, address) = (server.gate.clone(), server.address);
    let mut client = server
        .sent("POST /wait HTTP/1.1\r\nhost: x\r\ncontent-length: 3\r\n\r\nabc")
        .await;
    assert!(server.lives().await);

    server.tell_to_stop();
    eventually("it listens no more", async || {
        tokio::net::TcpStream::connect(address).await.is_err()
    })
    .await;
    assert!(!server.has_stopped());
    gate.add_permits(1);

    let answer = client.answer().await;
    assert!(
        answer.ends_with("waited 3") && answer.contains("connection: close"),
        "{answer}"
    );
    client.closed().await;
    server.stop().await;
}
