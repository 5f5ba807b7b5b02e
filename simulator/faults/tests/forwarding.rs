//! Tests of the proxy's promises over real sockets.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

use std::{
    net::{Ipv4Addr, SocketAddr},
    time::Duration,
};

use faults::{Counts, Proxy, Upstream};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    task::JoinSet,
    time::{Instant, sleep, timeout},
};

const LOOPBACK: (Ipv4Addr, u16) = (Ipv4Addr::LOCALHOST, 0);
const LIMIT: Duration = Duration::from_secs(20);

/// Server that sends `greeting`, then echoes all data, and ends when its client does.
async fn echo(greeting: &'static str) -> SocketAddr {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            tokio::spawn(async move {
                let _ = stream.write_all(greeting.as_bytes()).await;
                let (mut read, mut write) = stream.split();
                let _ = tokio::io::copy(&mut read, &mut write).await;
            });
        }
    });
    address
}

async fn proxy_to(upstream: Upstream) -> Proxy {
    Proxy::listen(LOOPBACK.into(), upstream).await.unwrap()
}

async fn read_exactly(stream: &mut TcpStream, length: usize) -> Vec<u8> {
    let mut bytes = vec![0; length];
    timeout(LIMIT, stream.read_exact(&mut bytes)).await.unwrap().unwrap();
    bytes
}

async fn until(proxy: &Proxy, holds: impl Fn(Counts) -> bool) -> Counts {
    let deadline = Instant::now() + LIMIT;
    loop {
        let counts = proxy.counts();
        if holds(counts) {
            return counts;
        }
        assert!(Instant::now() < deadline, "never came: {counts:?}");
        sleep(Duration::from_millis(1)).await;
    }
}

/// Tells if this connection was cut off rather than ended in order.
async fn is_reset(stream: &mut TcpStream) -> bool {
    match timeout(LIMIT, stream.read(&mut [0; 16])).await.unwrap() {
        Err(error) => error.kind() == std::io::ErrorKind::ConnectionReset,
        Ok(_) => false,
    }
}

#[tokio::test]
async fn bytes_come_back_as_they_went() {
    let proxy = proxy_to(Upstream::at(echo("").await)).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();

    client.write_all(b"over and back").await.unwrap();

    assert_eq!(read_exactly(&mut client, 13).await, b"over and back");
    let counts = until(&proxy, |counts| counts.bytes_to_client == 13).await;
    assert_eq!((counts.connections, counts.open, counts.refused), (1, 1, 0));
    assert_eq!((counts.bytes_to_upstream, counts.requests), (13, 0));
}

#[tokio::test]
async fn a_half_closed_connection_still_brings_the_answer() {
    // This server replies only after the end of its input.
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let proxy = proxy_to(Upstream::at(listener.local_addr().unwrap())).await;
    let server = tokio::spawn(async move {
        let (mut stream, _) = listener.accept().await.unwrap();
        let mut all = Vec::new();
        stream.read_to_end(&mut all).await.unwrap();
        stream
            .write_all(format!("{} bytes", all.len()).as_bytes())
            .await
            .unwrap();
    });
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();

    client.write_all(&[7; 1000]).await.unwrap();
    client.shutdown().await.unwrap();
    let mut answer = String::new();
    timeout(LIMIT, client.read_to_string(&mut answer))
        .await
        .unwrap()
        .unwrap();

    assert_eq!(answer, "1000 bytes");
    server.await.unwrap();
    until(&proxy, |counts| counts.open == 0).await;
}

#[tokio::test]
async fn a_big_transfer_arrives_whole_and_in_order() {
    const LENGTH: usize = 16 * 1024 * 1024;
    let proxy = proxy_to(Upstream::at(echo("").await)).await;
    let client = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut read, mut write) = client.into_split();
    // 251 is prime, so a lost or doubled buffer shows.
    let piece: Vec<u8> = (0..251).cycle().take(251 * 1024).collect();
    let sending = tokio::spawn(async move {
        let mut left = LENGTH;
        while left > 0 {
            let now = left.min(piece.len());
            write.write_all(&piece[..now]).await.unwrap();
            left -= now;
        }
        write.shutdown().await.unwrap();
    });

    let mut buffer = vec![0; 256 * 1024];
    let mut received = 0;
    loop {
        let now = timeout(LIMIT, read.read(&mut buffer)).await.unwrap().unwrap();
        if now == 0 {
            break;
        }
        let in_order = buffer[..now]
            .iter()
            .enumerate()
            .all(|(n, byte)| usize::from(*byte) == (received + n) % 251);
        assert!(in_order, "wrong bytes after {received}");
        received += now;
    }

    assert_eq!(received, LENGTH);
    sending.await.unwrap();
    assert_eq!(
        until(&proxy, |counts| counts.open == 0).await.bytes_to_upstream,
        LENGTH as u64
    );
}

#[tokio::test]
async fn an_upstream_that_moves_is_found_at_the_same_address() {
    let upstream = Upstream::at(echo("first").await);
    let proxy = proxy_to(upstream.clone()).await;
    let mut before = TcpStream::connect(proxy.address()).await.unwrap();
    assert_eq!(read_exactly(&mut before, 5).await, b"first");

    upstream.set(Some(echo("other").await));
    let mut after = TcpStream::connect(proxy.address()).await.unwrap();

    assert_eq!(read_exactly(&mut after, 5).await, b"other");
    // Open connections stay with the upstream they were opened to.
    before.write_all(b"still").await.unwrap();
    assert_eq!(read_exactly(&mut before, 5).await, b"still");
}

#[tokio::test]
async fn two_instances_get_connections_by_turns_and_a_removed_one_gets_none() {
    let (first, other) = (echo("first").await, echo("other").await);
    let upstream = Upstream::at(first);
    upstream.add(other);
    let proxy = proxy_to(upstream.clone()).await;
    let greeting = async || {
        let mut client = TcpStream::connect(proxy.address()).await.unwrap();
        read_exactly(&mut client, 5).await
    };

    for _ in 0..3 {
        assert_eq!([greeting().await, greeting().await], [b"first", b"other"]);
    }
    upstream.remove(first);
    for _ in 0..3 {
        assert_eq!(greeting().await, b"other");
    }
}

#[tokio::test]
async fn a_connection_to_nobody_is_reset() {
    let gone = TcpListener::bind(LOOPBACK).await.unwrap().local_addr().unwrap();
    for upstream in [Upstream::away(), Upstream::at(gone)] {
        let proxy = proxy_to(upstream).await;

        let mut client = TcpStream::connect(proxy.address()).await.unwrap();

        assert!(is_reset(&mut client).await);
        assert_eq!(until(&proxy, |counts| counts.open == 0).await.refused, 1);
    }
}

#[tokio::test]
async fn a_reset_of_the_upstream_arrives_as_a_reset() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let proxy = proxy_to(Upstream::at(listener.local_addr().unwrap())).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut server, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    // A connection that breaks before any data passed counts as refused, which is another case.
    client.write_all(b"x").await.unwrap();
    read_exactly(&mut server, 1).await;

    server.set_zero_linger().unwrap();
    drop(server);

    assert!(is_reset(&mut client).await);
}

#[tokio::test]
async fn requests_are_counted_and_bodies_are_not() {
    let proxy = proxy_to(Upstream::at(echo("").await)).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let mut exchange = async |piece: &[u8]| {
        client.write_all(piece).await.unwrap();
        read_exactly(&mut client, piece.len()).await;
    };

    exchange(b"GET /a HTTP/1.1\r\n\r\n").await;
    exchange(b"POST /b HTTP/1.1\r\n\r\nGET /not-a-request").await;
    exchange(b"no method at all").await;
    exchange(b"GETTING is none either").await;
    exchange(b"DELETE /c HTTP/1.1\r\n\r\n").await;

    assert_eq!(proxy.counts().requests, 3);
}

#[tokio::test]
async fn a_piece_of_a_body_that_looks_like_a_request_is_none() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let proxy = proxy_to(Upstream::at(listener.local_addr().unwrap())).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut server, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
    let (head, body): (&[u8], &[u8]) = (b"POST / HTTP/1.1\r\n\r\n", b"GET /only-a-body");

    // The second piece is sent when the first has arrived, and before anything came back.
    client.write_all(head).await.unwrap();
    read_exactly(&mut server, head.len()).await;
    client.write_all(body).await.unwrap();
    read_exactly(&mut server, body.len()).await;

    assert_eq!(proxy.counts().requests, 1);
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_thousand_connections_at_once_are_served() {
    // Each connection has four ends in this process.
    let files = getrlimit(Resource::Nofile);
    setrlimit(
        Resource::Nofile,
        Rlimit {
            current: files.maximum,
            maximum: files.maximum,
        },
    )
    .unwrap();
    let proxy = proxy_to(Upstream::at(echo("").await)).await;
    let mut clients = Vec::new();
    for _ in 0..1_000 {
        clients.push(
            timeout(LIMIT, TcpStream::connect(proxy.address()))
                .await
                .unwrap()
                .unwrap(),
        );
    }

    let mut exchanges = JoinSet::new();
    for (number, mut client) in clients.into_iter().enumerate() {
        exchanges.spawn(async move {
            let mine = format!("{number:08}");
            client.write_all(mine.as_bytes()).await.unwrap();
            assert_eq!(read_exactly(&mut client, 8).await, mine.as_bytes());
            client
        });
    }
    let clients = exchanges.join_all().await;

    assert_eq!(clients.len(), 1_000);
    assert_eq!(proxy.counts().open, 1_000);
    drop(clients);
    until(&proxy, |counts| counts.open == 0).await;
}

#[tokio::test]
async fn a_closed_proxy_has_let_go_of_everything() {
    let proxy = proxy_to(Upstream::at(echo("").await)).await;
    let mut client = TcpStream::connect(proxy.address()).await.unwrap();
    client.write_all(b"x").await.unwrap();
    read_exactly(&mut client, 1).await;

    timeout(LIMIT, proxy.close()).await.unwrap();

    assert_eq!(proxy.counts().open, 0);
    let after = timeout(LIMIT, client.read(&mut [0; 1])).await.unwrap();
    assert!(matches!(after, Ok(0) | Err(_)), "it still answers: {after:?}");
    TcpListener::bind(proxy.address())
        .await
        .expect("its address is free again");
}
