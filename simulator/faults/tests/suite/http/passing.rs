//! Bytes that pass unchanged while faults on HTTP are laid.

use faults::{Duplicate, Effect, Faults, Outcome, Proxy, Requests, Upstream, draw};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::timeout,
};

use super::fixture::{fitting, on_requests, reply};
use crate::fixture::{LIMIT, LOOPBACK, read, read_to_end};

const SEED: u64 = 8;

/// Both ends of a connection under a fault on HTTP.
struct Ends {
    proxy: Proxy,
    client: TcpStream,
    server: TcpStream,
}

impl Ends {
    async fn under(requests: Requests) -> Self {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let upstream = Upstream::at(listener.local_addr().unwrap());
        let proxy = Proxy::listen_with(LOOPBACK.into(), upstream, Faults::new(1, "web"))
            .await
            .unwrap();
        let fault = on_requests("twice", requests, Effect::Duplicate(Duplicate {}));
        proxy.faults().lay(fault).unwrap();
        let client = TcpStream::connect(proxy.address()).await.unwrap();
        let (server, _) = timeout(LIMIT, listener.accept()).await.unwrap().unwrap();
        Self { proxy, client, server }
    }

    async fn up(&mut self, bytes: &[u8]) {
        pass(&mut self.client, &mut self.server, bytes).await;
    }

    async fn down(&mut self, bytes: &[u8]) {
        pass(&mut self.server, &mut self.client, bytes).await;
    }

    /// The reason for which the fault is unfit for the connection.
    fn unfit(&self) -> Option<String> {
        let record = self.proxy.faults().record();
        record
            .decisions
            .into_iter()
            .find_map(|decision| match decision.outcome {
                Outcome::Unfit { why } if decision.request == 0 => Some(why),
                _ => None,
            })
    }
}

async fn pass(from: &mut TcpStream, to: &mut TcpStream, bytes: &[u8]) {
    from.write_all(bytes).await.unwrap();
    assert_eq!(read(to, bytes.len()).await, bytes);
}

#[tokio::test]
async fn what_is_not_http_1_passes_as_bytes_and_is_recorded() {
    let beginnings: [&[u8]; 5] = [
        b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03",
        b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n",
        b"*1\r\n$4\r\nPING\r\n",
        b"\x00\x00\x00\x08\x04\xd2\x16\x2f",
        b"POST / HTTP/1.1\r\ncontent-length: 1\r\ncontent-length: 2\r\n\r\n",
    ];
    for bytes in beginnings {
        let mut ends = Ends::under(Requests::default()).await;
        ends.up(bytes).await;
        ends.down(b"anything").await;
        ends.up(b"GET / HTTP/1.1\r\n\r\n").await;
        assert_eq!(ends.unfit().as_deref(), Some("the client does not speak HTTP/1"));
        ends.client.shutdown().await.unwrap();
        assert_eq!(read_to_end(&mut ends.server).await, b"");
        assert_eq!(ends.proxy.faults().record().tallies["twice"].met, 0);
    }

    // Here the server speaks first.
    let mut ends = Ends::under(Requests::default()).await;
    ends.down(b"220 ready\r\n").await;
    ends.up(b"EHLO me\r\n").await;
    assert_eq!(ends.unfit().as_deref(), Some("the upstream replied to no request"));
}

#[tokio::test]
async fn a_web_socket_passes_as_bytes_after_its_upgrade() {
    let mut ends = Ends::under(fitting("GET", "/never")).await;
    let upgrade = b"GET /chat HTTP/1.1\r\nconnection: upgrade\r\nupgrade: websocket\r\n\r\n";
    // Refused first, after which HTTP goes on.
    ends.up(upgrade).await;
    ends.down(b"HTTP/1.1 426 \r\ncontent-length: 0\r\n\r\n").await;
    ends.up(upgrade).await;
    assert_eq!(ends.unfit(), None);
    ends.down(b"HTTP/1.1 101 \r\nupgrade: websocket\r\n\r\n\x81\x05hello")
        .await;
    ends.up(b"\x81\x85\x00\x00\x00\x00hello").await;
    ends.down(b"HTTP/1.1 looks like it and is not").await;
    assert_eq!(ends.unfit().as_deref(), Some("the connection has changed its protocol"));
}

#[tokio::test]
async fn events_of_the_server_pass_as_they_come() {
    let mut ends = Ends::under(fitting("GET", "/never")).await;
    ends.up(b"GET /events HTTP/1.1\r\naccept: text/event-stream\r\n\r\n")
        .await;
    ends.down(b"HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n").await;
    for _ in 0..3 {
        ends.down(b"9\r\ndata: 1\n\n\r\n").await;
        // A chunk in pieces.
        ends.down(b"9\r").await;
        ends.down(b"\ndata").await;
        ends.down(b": 2\n\n\r\n").await;
    }
    assert_eq!(ends.unfit(), None);
}

#[tokio::test]
async fn a_conversation_passes_unchanged_however_it_is_cut_into_pieces() {
    let requests = [
        "GET /a HTTP/1.1\r\nhost: x\r\n\r\n",
        "HEAD /a HTTP/1.1\r\n\r\n",
        "POST /b HTTP/1.1\r\ntransfer-encoding: chunked\r\n\r\n3\r\nabc\r\nA;x=1\r\n0123456789\r\n0\r\nt: 1\r\n\r\n",
        "\r\nPUT /c HTTP/1.1\r\nContent-Length: 4\r\n\r\n\r\n\r\n",
        "DELETE /d HTTP/1.1\r\nexpect: 100-continue\r\n\r\n",
        "GET /e HTTP/1.0\r\n\r\n",
    ];
    let replies = [
        &reply("GET /chunks") as &str,
        "HTTP/1.1 200 OK\r\ncontent-length: 999\r\n\r\n",
        "HTTP/1.1 204 No Content\r\n\r\n",
        "HTTP/1.1 304 \r\ncontent-length: 7\r\n\r\n",
        "HTTP/1.1 100 Continue\r\n\r\nHTTP/1.1 103 \r\nlink: x\r\n\r\nHTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nhi",
        "HTTP/1.0 200 OK\r\n\r\nup to the end \x00\r\n\r\nHTTP/1.1 200 OK\r\n\r\n",
    ];
    for round in 0..30 {
        let mut ends = Ends::under(fitting("GET", "/never")).await;
        let mut drawn = 0;
        for (request, reply) in requests.iter().zip(replies) {
            for (text, is_up) in [(*request, true), (reply, false)] {
                let mut left = text.as_bytes();
                while !left.is_empty() {
                    drawn += 1;
                    let number = draw(SEED, "pieces", round, drawn, "");
                    let most = [(0.4, 1), (0.6, 3), (0.8, 13)]
                        .into_iter()
                        .find(|(bound, _)| number < *bound);
                    let (piece, rest) = left.split_at(most.map_or(300, |(_, most)| most).min(left.len()));
                    let from = if is_up { &mut ends.client } else { &mut ends.server };
                    from.write_all(piece).await.unwrap();
                    tokio::task::yield_now().await;
                    left = rest;
                }
                let to = if is_up { &mut ends.server } else { &mut ends.client };
                assert_eq!(
                    read(to, text.len()).await,
                    text.as_bytes(),
                    "seed {SEED}, round {round}"
                );
            }
        }
        ends.server.shutdown().await.unwrap();
        assert_eq!(read_to_end(&mut ends.client).await, b"");
        assert_eq!(ends.unfit(), None, "seed {SEED}, round {round}");
    }
}

#[tokio::test]
async fn replies_without_a_body_end_with_their_head() {
    let mut ends = Ends::under(fitting("POST", "/twice")).await;
    let replies: [(&[u8], &[u8]); 4] = [
        (
            b"HEAD /a HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 \r\ncontent-length: 999\r\n\r\n",
        ),
        (
            b"GET /b HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 304 \r\ncontent-length: 999\r\n\r\n",
        ),
        (b"GET /c HTTP/1.1\r\n\r\n", b"HTTP/1.1 204 \r\n\r\n"),
        (
            b"HEAD /d HTTP/1.1\r\n\r\n",
            b"HTTP/1.1 200 \r\ntransfer-encoding: chunked\r\n\r\n",
        ),
    ];
    for (request, reply) in replies {
        ends.up(request).await;
        ends.down(reply).await;
    }

    // If one of them were still read, the second reply would not be dropped.
    let request = b"POST /twice HTTP/1.1\r\n\r\n";
    ends.client.write_all(request).await.unwrap();
    assert_eq!(read(&mut ends.server, 2 * request.len()).await, request.repeat(2));
    let reply = b"HTTP/1.1 204 \r\n\r\n";
    ends.server.write_all(&reply.repeat(2)).await.unwrap();
    ends.server.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut ends.client).await, reply);
}

#[tokio::test]
async fn a_message_that_will_never_be_whole_passes_as_far_as_it_came() {
    let mut ends = Ends::under(Requests::default()).await;
    ends.client.write_all(b"POST /half HTTP/1.1\r\nconte").await.unwrap();
    ends.client.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut ends.server).await, b"POST /half HTTP/1.1\r\nconte");

    let mut ends = Ends::under(fitting("GET", "/never")).await;
    ends.up(b"GET / HTTP/1.1\r\n\r\n").await;
    ends.server.write_all(b"HTTP/1.1 200").await.unwrap();
    ends.server.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut ends.client).await, b"HTTP/1.1 200");
}
