use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::body::Bytes;
use seam::{
    Context,
    http::{AnswerWithin, Socket, SocketLimits, Transport},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpListener,
    time::timeout,
};

use crate::server::{PATIENCE, request, serve, text};

async fn socket() -> Socket {
    Socket::new(&serve().await, SocketLimits::default()).unwrap()
}

/// A server that answers each connection's first bytes with these, hangs up, and counts.
async fn answering(answer: &'static [u8]) -> (Socket, Arc<AtomicUsize>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let base = format!("http://{}", listener.local_addr().unwrap());
    let served = Arc::new(AtomicUsize::new(0));
    let count = Arc::clone(&served);
    tokio::spawn(async move {
        while let Ok((mut stream, _)) = listener.accept().await {
            let read = stream.read(&mut [0; 4096]).await.unwrap_or(0);
            count.fetch_add(usize::from(read > 0), Ordering::SeqCst);
            let _ = stream.write_all(answer).await;
        }
    });
    (Socket::new(&base, SocketLimits::default()).unwrap(), served)
}

#[tokio::test]
async fn a_request_crosses_and_the_response_comes_back() {
    let body = http::Request::post("/body")
        .body(Bytes::from_static(b"\x00\xff"))
        .unwrap();
    let response = socket().await.send(body).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.body().as_ref(), b"\x00\xff");
}

#[tokio::test]
async fn a_path_arrives_byte_for_byte() {
    let socket = socket().await;
    for path in [
        "/path/../x",
        "/path/%2e%2E/.",
        "/path//a%2Fb%25;c=d",
        "/path/a?q=%20+&q=..",
        "/path/~!$&'()*+,=:@|",
    ] {
        let response = socket.send(request(path)).await.unwrap();
        assert_eq!(text(&response), path);
    }
}

#[tokio::test]
async fn the_context_crosses() {
    let context = Context::root("somebody").within(PATIENCE);
    let response = context
        .clone()
        .scope(socket().await.send(request("/context")))
        .await
        .unwrap();
    let seen: Vec<_> = text(&response).split(' ').collect();
    assert_eq!(seen[..2], ["somebody", &context.request_id]);
    assert!(seen[2].starts_with("Some(9"), "10 s less the way: {}", seen[2]);
    assert_eq!(seen[3][..35], context.trace.to_string()[..35]);
}

#[tokio::test]
async fn no_redirect_is_followed() {
    let response = socket().await.send(request("/moved")).await.unwrap();
    assert_eq!(response.status(), 302);
}

#[tokio::test]
async fn a_server_that_is_not_there_is_named_with_the_reason() {
    let gone = TcpListener::bind("127.0.0.1:0").await.unwrap().local_addr().unwrap();
    let socket = Socket::new(&format!("http://{gone}"), SocketLimits::default()).unwrap();
    let failure = socket.send(request("/context")).await.unwrap_err();
    assert_eq!(failure.to, format!("http://{gone}"));
    assert!(failure.reason.contains("Connection refused"), "{failure}");
}

#[tokio::test]
async fn an_answer_that_does_not_come_is_waited_for_no_longer_than_asked() {
    let socket = socket().await;
    let mut hasty = request("/never");
    hasty.extensions_mut().insert(AnswerWithin(Duration::from_millis(20)));
    // Far longer than what is asked for, and far shorter than the socket's own limit.
    let far = SocketLimits::default().answer / 3;
    let failure = timeout(far, socket.send(hasty))
        .await
        .expect("the limit holds")
        .unwrap_err();
    assert!(failure.reason.starts_with("no answer within"), "{failure}");

    let context = Context::root("x").within(Duration::from_millis(20));
    let late = context.scope(socket.send(request("/never")));
    let failure = timeout(far, late).await.expect("the deadline holds").unwrap_err();
    assert!(failure.reason.starts_with("no answer within"), "{failure}");
}

#[tokio::test]
async fn nothing_is_sent_after_the_deadline() {
    let (socket, served) = answering(b"HTTP/1.1 200 OK\r\n\r\n").await;
    let context = Context::root("x").within(Duration::ZERO);
    let failure = context.scope(socket.send(request("/context"))).await.unwrap_err();
    assert!(failure.reason.ends_with("it was not sent"), "{failure}");
    assert_eq!(served.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_request_whose_answer_is_cut_off_is_not_sent_again() {
    for answer in [
        &b""[..],
        b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf",
        b"nonsense\r\n\r\n",
    ] {
        let (socket, served) = answering(answer).await;
        let failure = socket.send(request("/context")).await.unwrap_err();
        assert!(!failure.reason.is_empty());
        assert_eq!(served.load(Ordering::SeqCst), 1, "{failure}");
    }
}

#[tokio::test]
async fn a_server_that_comes_back_is_found_again() {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let socket = Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap();
    let server = tokio::spawn(async move { axum::serve(listener, crate::server::router()).await });
    assert_eq!(socket.send(request("/context")).await.unwrap().status(), 200);

    server.abort();
    let _ = server.await;
    let listener = TcpListener::bind(address).await.unwrap();
    tokio::spawn(async move { axum::serve(listener, crate::server::router()).await });

    let found = async {
        while socket.send(request("/context")).await.is_err() {
            tokio::task::yield_now().await;
        }
    };
    timeout(PATIENCE, found).await.expect("the new server answers");
}

#[tokio::test]
async fn a_reply_larger_than_the_limit_is_refused() {
    let limits = SocketLimits {
        body: 3,
        ..SocketLimits::default()
    };
    let socket = Socket::new(&serve().await, limits).unwrap();
    let send = |body: &'static str| socket.send(http::Request::post("/body").body(Bytes::from(body)).unwrap());
    assert_eq!(send("abc").await.unwrap().body(), "abc");
    let failure = send("abcd").await.unwrap_err();
    assert_eq!(failure.reason, "reading the reply: length limit exceeded");
}

#[test]
fn a_base_url_is_a_scheme_and_a_server() {
    for good in [
        "http://localhost:80",
        "http://127.0.0.1:1/",
        "http://[::1]:8080",
        "http://orders",
    ] {
        assert!(Socket::new(good, SocketLimits::default()).is_ok(), "{good}");
    }
    for bad in [
        "",
        "orders",
        "127.0.0.1:80",
        "https://x",
        "http://x/api",
        "http://x?a",
        "http://u:p@x",
        "http://",
        "ftp://x",
    ] {
        let refused = Socket::new(bad, SocketLimits::default()).unwrap_err();
        assert_eq!(
            refused.to_string(),
            format!(
                "base URL is {:?}, wanted http://host or http://host:port",
                bad.replace(":p@", ":***@")
            )
        );
    }
}
