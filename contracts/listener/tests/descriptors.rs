//! A process that runs out of descriptors. Alone in its binary, because the limit holds for the whole process.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

use std::{
    io::{Read, Write},
    net::{SocketAddr, TcpStream},
    sync::atomic::{AtomicUsize, Ordering::SeqCst},
    time::{Duration, Instant},
};

use axum::{Router, response::IntoResponse, routing::get};
use listener::{Hooks, Limits, Notice, serve};
use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

const LIMIT: Duration = Duration::from_secs(20);

static FAILURES: AtomicUsize = AtomicUsize::new(0);

fn lives(address: SocketAddr) -> bool {
    let Ok(mut client) = TcpStream::connect(address) else {
        return false;
    };
    client.set_read_timeout(Some(LIMIT)).unwrap();
    let request = "GET /health/live HTTP/1.1\r\nhost: x\r\nconnection: close\r\n\r\n";
    let mut answer = String::new();
    client.write_all(request.as_bytes()).is_ok()
        && client.read_to_string(&mut answer).is_ok()
        && answer.ends_with("live")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_server_without_descriptors_says_so_once_a_second_and_goes_on() {
    let socket = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = socket.local_addr().unwrap();
    let hooks = Hooks {
        refuse: |_, _| ().into_response(),
        notice: |notice| {
            if matches!(notice, Notice::Accept(_)) {
                FAILURES.fetch_add(1, SeqCst);
            }
        },
    };
    let router = Router::new().route("/health/live", get(|| async { "live" }));
    tokio::spawn(serve(socket, router, Limits::default(), hooks, std::future::pending()));
    assert!(lives(address));
    // The cap was taken from the limit of before.
    let maximum = getrlimit(Resource::Nofile).maximum;
    let few = Rlimit {
        current: Some(60),
        maximum,
    };
    setrlimit(Resource::Nofile, few).unwrap();

    let begun = Instant::now();
    let mut silent = Vec::new();
    while FAILURES.load(SeqCst) == 0 {
        assert!(begun.elapsed() < LIMIT, "{} connections, and no word", silent.len());
        silent.extend(TcpStream::connect(address));
    }
    let seconds = usize::try_from(begun.elapsed().as_secs()).unwrap();
    assert!(FAILURES.load(SeqCst) <= seconds + 1);

    // The server closes its ends too, and has room again.
    drop(silent);
    let begun = Instant::now();
    while !lives(address) {
        assert!(begun.elapsed() < LIMIT, "it never accepts again");
    }
}
