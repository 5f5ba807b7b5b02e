use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicUsize, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::Bytes,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::{get, post},
};
use listener::{Hooks, Limits, Refusal, serve};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{TcpListener, TcpStream},
    sync::{Semaphore, oneshot},
    task::JoinHandle,
    time::timeout,
};

/// Time after which a test gives up.
pub(crate) const DEADLINE: Duration = Duration::from_secs(20);

pub(crate) const LIVE: &str = "GET /health/live HTTP/1.1\r\nhost: x\r\n\r\n";

/// Notices of all servers of this process.
static NOTICES: Mutex<Vec<String>> = Mutex::new(Vec::new());

/// A running server with these routes: `GET /health/live`, `GET /wait` and `GET /health/wait` (answer when they are let
/// go), `POST /echo`, and `POST /wait` (reads the body, then waits).
pub(crate) struct Server {
    pub(crate) address: SocketAddr,
    /// Each permit lets one waiting request go.
    pub(crate) gate: Arc<Semaphore>,
    waiting: Arc<AtomicUsize>,
    stop: Option<oneshot::Sender<()>>,
    serving: JoinHandle<()>,
}

pub(crate) fn short() -> Limits {
    Limits {
        head: Duration::from_millis(1_000),
        body: Duration::from_millis(1_000),
        idle: Duration::from_millis(2_000),
        ..Limits::default()
    }
}

pub(crate) async fn start(limits: Limits) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let gate = Arc::new(Semaphore::new(0));
    let waiting = Arc::new(AtomicUsize::new(0));
    let hooks = Hooks {
        refuse,
        notice: |notice| NOTICES.lock().unwrap().push(notice.to_string()),
    };
    let (stop, stopped) = oneshot::channel();
    let serving = tokio::spawn(serve(listener, router(&gate, &waiting), limits, hooks, async {
        let _dropped_is_stopped = stopped.await;
    }));
    Server {
        address,
        gate,
        waiting,
        stop: Some(stop),
        serving,
    }
}

fn router(gate: &Arc<Semaphore>, waiting: &Arc<AtomicUsize>) -> Router {
    let wait = || {
        let (gate, waiting) = (Arc::clone(gate), Arc::clone(waiting));
        || async move {
            waiting.fetch_add(1, SeqCst);
            gate.acquire().await.unwrap().forget();
            waiting.fetch_sub(1, SeqCst);
            "waited"
        }
    };
    let reading = wait();
    Router::new()
        .route("/health/live", get(|| async { "live" }))
        .route(
            "/wait",
            get(wait()).post(|body: Bytes| async move { format!("{} {}", reading().await, body.len()) }),
        )
        .route("/health/wait", get(wait()))
        .route("/echo", post(|body: Bytes| async move { body }))
}

fn refuse(refusal: Refusal, _: &axum::http::HeaderMap) -> Response {
    let status = match refusal {
        Refusal::Host => StatusCode::BAD_REQUEST,
        Refusal::TransferEncoding => StatusCode::NOT_IMPLEMENTED,
        Refusal::Busy | Refusal::Memory => StatusCode::SERVICE_UNAVAILABLE,
    };
    (status, format!("{refusal:?}")).into_response()
}

impl Server {
    pub(crate) async fn connect(&self) -> Client {
        Client(TcpStream::connect(self.address).await.unwrap())
    }

    /// Opens a connection that has sent `text`.
    pub(crate) async fn sent(&self, text: &str) -> Client {
        let mut client = self.connect().await;
        client.send(text).await;
        client
    }

    /// Returns when this number of requests wait to be let go.
    pub(crate) async fn waits_for(&self, number: usize) {
        eventually("they wait", async || self.waiting.load(SeqCst) == number).await;
    }

    pub(crate) async fn lives(&self) -> bool {
        let mut client = self.sent(LIVE).await;
        client.answer().await.contains("live")
    }

    /// Tells the server to stop and returns the time until it has.
    pub(crate) async fn stop(mut self) -> Duration {
        let begun = Instant::now();
        self.tell_to_stop();
        timeout(DEADLINE, &mut self.serving).await.unwrap().unwrap();
        begun.elapsed()
    }

    pub(crate) fn tell_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }

    pub(crate) fn has_stopped(&self) -> bool {
        self.serving.is_finished()
    }
}

pub(crate) struct Client(pub(crate) TcpStream);

impl Client {
    pub(crate) async fn send(&mut self, text: &str) {
        self.0.write_all(text.as_bytes()).await.unwrap();
    }

    /// Reads one answer, whose body is short. Empty if the connection is closed.
    pub(crate) async fn answer(&mut self) -> String {
        let mut all = Vec::new();
        let mut buffer = [0; 4096];
        loop {
            let read = timeout(DEADLINE, self.0.read(&mut buffer))
                .await
                .expect("an answer in time");
            let read = read.unwrap_or(0);
            all.extend_from_slice(&buffer[..read]);
            let text = String::from_utf8_lossy(&all);
            let length = text
                .split_once("content-length: ")
                .and_then(|(_, rest)| rest.split("\r\n").next()?.parse::<usize>().ok());
            let body = text.split_once("\r\n\r\n").map(|(_, body)| body.len());
            if read == 0 || (body.is_some() && body >= length) {
                return text.into_owned();
            }
        }
    }

    /// Returns whether the connection stays open for this long, without a byte from the server.
    pub(crate) async fn hears_nothing_for(&self, time: Duration) -> bool {
        timeout(time, self.0.readable()).await.is_err()
    }

    /// Waits until the server has closed the connection without another byte, and returns the time it took.
    pub(crate) async fn closed(&mut self) -> Duration {
        let begun = Instant::now();
        let rest = self.answer().await;
        assert_eq!(rest, "", "closed without an answer");
        begun.elapsed()
    }
}

pub(crate) fn has_noticed(part: &str) -> bool {
    let notices = NOTICES.lock().unwrap_or_else(PoisonError::into_inner);
    notices.iter().any(|notice| notice.contains(part))
}

/// Polls until the condition holds.
pub(crate) async fn eventually(what: &str, mut condition: impl AsyncFnMut() -> bool) {
    let begun = Instant::now();
    while !condition().await {
        assert!(begun.elapsed() < DEADLINE, "never: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}
