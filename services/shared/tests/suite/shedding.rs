//! A server that is full: what it refuses is not done, and it still says how it is.

use std::{
    net::SocketAddr,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::Duration,
};

use axum::{Router, routing::post};
use bytes::Bytes;
use http::{Request, StatusCode};
use seam::http::{InProcess, Socket, SocketLimits, Transport};
use serde_json::{Value, json};
use shared::{
    Environment, Module, Settings, server,
    settings::{optional, standard},
};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    sync::{Semaphore, oneshot},
};

use crate::support::{Store, eventually};

/// Work that begins when its request has been read, and ends when the test lets it.
#[derive(Clone)]
struct Works {
    begun: Arc<AtomicUsize>,
    may_end: Arc<Semaphore>,
}

impl Works {
    fn new() -> (Self, Router) {
        let works = Self {
            begun: Arc::default(),
            may_end: Arc::new(Semaphore::new(0)),
        };
        let work = works.clone();
        let route = post(move |_body: Bytes| async move {
            work.begun.fetch_add(1, SeqCst);
            work.may_end.acquire().await.unwrap().forget();
            "done"
        });
        (works, Router::new().route("/work", route))
    }

    fn begun(&self) -> usize {
        self.begun.load(SeqCst)
    }
}

fn environment(requests: &str) -> Environment {
    let declared = [optional(&standard::LISTEN), optional(&standard::REQUESTS)];
    Environment::new(Settings::from_pairs(&declared, [("REQUESTS", requests)]).unwrap())
}

fn module(store: &Store, routes: Router) -> Vec<shared::Mounted> {
    let module = Module::new("tested", store.db.clone(), Arc::new(()), |_| routes, Vec::new());
    vec![module.mount()]
}

/// The whole answer to a request whose body was announced and never sent.
async fn without_body(address: SocketAddr) -> String {
    let mut stream = TcpStream::connect(address).await.unwrap();
    let head = format!("POST /work HTTP/1.1\r\nHost: {address}\r\nContent-Length: 1000\r\nConnection: close\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    let mut answer = Vec::new();
    let mut part = [0; 4096];
    let read = async {
        while !String::from_utf8_lossy(&answer).contains("\"timestamp\"") {
            let length = stream.read(&mut part).await.unwrap();
            assert_ne!(length, 0, "cut off after {answer:?}");
            answer.extend_from_slice(&part[..length]);
        }
    };
    tokio::time::timeout(Duration::from_secs(5), read)
        .await
        .expect("a full server waits for no body");
    String::from_utf8(answer).unwrap()
}

#[tokio::test]
async fn a_full_server_refuses_before_the_body_is_read_and_answers_probes_and_statistics() {
    let store = Store::new().await;
    let (works, routes) = Works::new();
    let server = server::bind(environment("2"), module(&store, routes)).await.unwrap();
    let address = server.address();
    let (stop, stopped) = oneshot::channel::<()>();
    let serving = tokio::spawn(server.serve(async move {
        let _dropped_is_stopped = stopped.await;
    }));
    let socket = Arc::new(Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap());
    let work = || {
        let socket = Arc::clone(&socket);
        tokio::spawn(async move {
            socket
                .send(Request::post("/work").body(Bytes::from("x")).unwrap())
                .await
        })
    };
    let admitted = [work(), work()];
    eventually("two works have begun", || async { works.begun() == 2 }).await;

    let refused = without_body(address).await;
    let many: Vec<_> = (0..20).map(|_| work()).collect();
    for refused in many {
        let refused = refused.await.unwrap().unwrap();
        assert_eq!(refused.status(), StatusCode::SERVICE_UNAVAILABLE);
    }

    assert!(refused.starts_with("HTTP/1.1 503 "), "{refused}");
    assert!(refused.to_lowercase().contains("\r\nretry-after: 1\r\n"), "{refused}");
    assert!(refused.contains("\"SERVICE_UNAVAILABLE\""), "{refused}");
    assert!(refused.contains("nothing was done"), "{refused}");
    assert_eq!(works.begun(), 2, "what is refused is not done");
    let get = async |path: &str| {
        let answer = socket
            .send(Request::get(path).body(Bytes::new()).unwrap())
            .await
            .unwrap();
        (answer.status(), serde_json::from_slice::<Value>(answer.body()).unwrap())
    };
    assert_eq!(get("/health/live").await, (StatusCode::OK, json!({"alive": true})));
    assert_eq!(get("/health/ready").await.0, StatusCode::OK);
    assert_eq!(get("/stats").await.1[0]["shed"], 21);
    // Here they are no routes; where they are, a switch works on a full server too.
    for path in ["/admin/launch", "/metrics"] {
        assert_eq!(get(path).await.0, StatusCode::NOT_FOUND);
    }
    assert_eq!(get("/v2/dead-letters").await.0, StatusCode::SERVICE_UNAVAILABLE);

    works.may_end.add_permits(2);
    for admitted in admitted {
        assert_eq!(admitted.await.unwrap().unwrap().body(), "done");
    }
    assert_eq!(get("/v2/dead-letters").await.0, StatusCode::OK, "there is room again");
    drop(stop);
    serving.await.unwrap().unwrap();
}

#[tokio::test]
async fn work_whose_client_hung_up_keeps_its_place_until_it_ends() {
    let store = Store::new().await;
    let (works, routes) = Works::new();
    let server = InProcess::new(server::router(&environment("1"), &Arc::from(module(&store, routes))));
    let send = || server.send(Request::post("/work").body(Bytes::new()).unwrap());
    let work = async || {
        tokio::time::timeout(Duration::from_secs(5), send())
            .await
            .expect("it never waits for room")
    };
    let hung_up = tokio::time::timeout(Duration::from_millis(50), send()).await;
    assert!(hung_up.is_err() && works.begun() == 1);

    assert_eq!(work().await.unwrap().status(), StatusCode::SERVICE_UNAVAILABLE);

    works.may_end.add_permits(2);
    eventually("its place is free", || async {
        work().await.unwrap().status() == StatusCode::OK
    })
    .await;
    assert_eq!(works.begun(), 2);
}
