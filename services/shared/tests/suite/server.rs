use std::{
    net::SocketAddr,
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use axum::{Router, routing::get};
use commerce::{Batch, Currency, EventFeed, FeedError, Money, OrderId, Timestamp, http::feed};
use http::{Method, Request, StatusCode};
use seam::{
    Context,
    http::{Socket, SocketLimits, Transport},
};
use serde_json::Value;
use shared::{
    DatabaseError, Environment, GivenUp, GivingUp, Module, Settings, Tasks,
    events::LocalFeed,
    server,
    settings::{Declared, optional, required, standard},
};
use tokio::sync::{Notify, oneshot};

use crate::{
    recorder::{Recorder, subscribe},
    support::{Store, append, delivered, effect, effects, eventually},
};

const DECLARED: &[Declared] = &[
    required(&standard::LISTEN),
    optional(&standard::ADDRESS_FILE),
    required(&standard::DRAIN_MS),
];

/// A server on a free port, with verbs.
struct Running {
    address: SocketAddr,
    environment: Environment,
    stop: Option<oneshot::Sender<()>>,
    serving: tokio::task::JoinHandle<Result<(), shared::StartError>>,
}

impl Running {
    async fn start(store: &Store, routes: Router) -> Self {
        Self::start_with(store, routes, Vec::new()).await
    }

    async fn start_with(store: &Store, routes: Router, subscriptions: Vec<shared::events::SubscriptionHandle>) -> Self {
        Self::start_module(store, routes, subscriptions, Vec::new()).await
    }

    async fn start_module(
        store: &Store,
        routes: Router,
        subscriptions: Vec<shared::events::SubscriptionHandle>,
        given_up: Vec<Arc<dyn GivingUp>>,
    ) -> Self {
        let environment = Environment::new(Settings::from_pairs(DECLARED, [("DRAIN_MS", "5000")]).unwrap());
        let log: Arc<dyn EventFeed> = Arc::new(LocalFeed::new(&store.db));
        let module = Module::<()> {
            name: "tested",
            service: Arc::new(()),
            router: routes.merge(feed::router("tested", Arc::clone(&log))),
            feed: log,
            database: store.db.clone(),
            subscriptions,
            given_up,
            handover: None,
        };
        let server = server::bind(environment.clone(), vec![module.mount()]).await.unwrap();
        let address = server.address();
        let (stop, stopped) = oneshot::channel();
        let serving = tokio::spawn(server.serve(async move {
            let _dropped_is_stopped = stopped.await;
        }));
        Self {
            address,
            environment,
            stop: Some(stop),
            serving,
        }
    }

    async fn call(&self, method: Method, path: &str) -> (StatusCode, Value) {
        let socket = Socket::new(&format!("http://{}", self.address), SocketLimits::default()).unwrap();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .body(bytes::Bytes::new())
            .unwrap();
        let response = socket.send(request).await.unwrap();
        (
            response.status(),
            serde_json::from_slice(response.body()).unwrap_or(Value::Null),
        )
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        self.call(Method::GET, path).await
    }

    async fn stop(mut self) {
        self.tell_to_stop();
        tokio::time::timeout(Duration::from_secs(10), self.serving)
            .await
            .unwrap()
            .unwrap()
            .unwrap();
    }

    fn tell_to_stop(&mut self) {
        if let Some(stop) = self.stop.take() {
            stop.send(()).unwrap();
        }
    }
}

#[tokio::test]
async fn it_says_that_it_lives_whether_it_is_ready_and_what_it_has_done() {
    let store = Store::new().await;
    effect(&store.db, "one").await.unwrap();
    append(&store.db, [delivered(1)]).await;
    let running = Running::start(&store, Router::new()).await;

    assert_eq!(running.get("/health/live").await.0, StatusCode::OK);
    let (status, ready) = running.get("/health/ready").await;
    assert_eq!((status, &ready["ready"]), (StatusCode::OK, &Value::Bool(true)));
    let (_, stats) = running.get("/stats").await;
    assert_eq!(
        (&stats[0]["module"], &stats[0]["writes"], &stats[0]["events"]),
        (&"tested".into(), &2.into(), &1.into())
    );
    let (status, openapi) = running.get("/openapi.json").await;
    assert_eq!(status, StatusCode::OK);
    assert!(openapi["paths"].is_object(), "{openapi}");
    running.environment.tasks.begin_stop();
    let (status, ready) = running.get("/health/ready").await;
    assert_eq!(
        (status, &ready["ready"]),
        (StatusCode::SERVICE_UNAVAILABLE, &Value::Bool(false))
    );
    assert_eq!(running.get("/health/live").await.0, StatusCode::OK);
    running.stop().await;
}

#[tokio::test]
async fn a_required_check_that_fails_is_named_with_its_reason_and_a_watched_one_is_only_shown() {
    let store = Store::new().await;
    let running = Running::start(&store, Router::new()).await;

    running
        .environment
        .health
        .watch("upstream", || Err("is away".to_owned()));
    let (status, watched) = running.get("/health/ready").await;
    running.environment.health.add("disk", || Err("is full".to_owned()));
    let (refused, report) = running.get("/health/ready").await;

    assert_eq!(status, StatusCode::OK);
    assert!(watched.to_string().contains("is away"), "{watched}");
    assert_eq!(refused, StatusCode::SERVICE_UNAVAILABLE);
    let checks = report["checks"].as_array().unwrap();
    assert!(
        checks
            .iter()
            .any(|check| check["name"] == "disk" && check["reason"] == "is full"),
        "{report}"
    );
    running.stop().await;
}

#[tokio::test]
async fn a_task_that_ends_early_makes_the_process_not_ready() {
    let store = Store::new().await;
    let running = Running::start(&store, Router::new()).await;

    running
        .environment
        .tasks
        .spawn("doomed", async { panic!("on purpose") });
    eventually("not ready", || async {
        running.get("/health/ready").await.0 == StatusCode::SERVICE_UNAVAILABLE
    })
    .await;

    let (_, report) = running.get("/health/ready").await;
    assert!(report.to_string().contains("doomed panicked"), "{report}");
    assert!(
        !report.to_string().contains("on purpose"),
        "only the log has it: {report}"
    );
    running.stop().await;
}

#[tokio::test]
async fn what_it_does_not_serve_is_refused_in_the_envelope() {
    let store = Store::new().await;
    let running = Running::start(&store, Router::new()).await;

    let (status, body) = running.get("/v2/nonsense").await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::NOT_FOUND, &"UNKNOWN_ROUTE".into())
    );
    let (status, body) = running.call(Method::DELETE, "/v2/dead-letters").await;
    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::METHOD_NOT_ALLOWED, &"METHOD_NOT_ALLOWED".into())
    );
    running.stop().await;
}

#[tokio::test]
async fn a_panic_is_a_500_for_that_request_alone_under_its_own_id() {
    let store = Store::new().await;
    let routes = Router::new().route(
        "/panic",
        get(|| async {
            if true {
                panic!("on purpose")
            }
        }),
    );
    let running = Running::start(&store, routes).await;
    let context = Context::root("tester");

    let (status, body) = context.clone().scope(running.get("/panic")).await;

    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::INTERNAL_SERVER_ERROR, &"INTERNAL".into())
    );
    assert_eq!(body["request_id"], context.request_id.as_str());
    assert!(
        !body.to_string().contains("on purpose"),
        "the cause goes no further than the log"
    );
    assert_eq!(running.get("/health/live").await.0, StatusCode::OK);
    running.stop().await;
}

#[tokio::test]
async fn a_client_that_hangs_up_does_not_cut_a_request_in_the_middle() {
    let store = Store::new().await;
    let (begun, go_on) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (tell, wait, db) = (Arc::clone(&begun), Arc::clone(&go_on), store.db.clone());
    let routes = Router::new().route(
        "/slow",
        get(move || async move {
            tell.notify_one();
            wait.notified().await;
            effect(&db, "done").await.unwrap();
        }),
    );
    let mut running = Running::start(&store, routes).await;
    let address = running.address;
    let client = tokio::spawn(async move {
        let socket = Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap();
        let _never = socket
            .send(Request::get("/slow").body(bytes::Bytes::new()).unwrap())
            .await;
    });
    begun.notified().await;

    client.abort();
    assert!(client.await.unwrap_err().is_cancelled());
    // The stop waits for the request although nobody waits for its answer.
    running.tell_to_stop();
    eventually("stopping", || async { running.environment.tasks.is_stopping() }).await;
    go_on.notify_one();
    running.stop().await;

    assert_eq!(effects(&store.again().await).await, ["done"]);
}

/// Counts the reads that have arrived.
struct Counting {
    feed: LocalFeed,
    reads: AtomicUsize,
}

#[seam::async_trait]
impl EventFeed for Counting {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        self.reads.fetch_add(1, Ordering::SeqCst);
        self.feed.read_events(after, limit, wait).await
    }
}

#[tokio::test]
async fn a_stop_answers_long_polls_at_once() {
    let store = Store::new().await;
    let counting = Arc::new(Counting {
        feed: LocalFeed::new(&store.db),
        reads: AtomicUsize::new(0),
    });
    let mut running = Running::start(&store, feed::router("counted", Arc::clone(&counting) as _)).await;
    let address = running.address;
    let poll = tokio::spawn(async move {
        let socket = Socket::new(&format!("http://{address}"), SocketLimits::default()).unwrap();
        feed::Client::new("counted", socket)
            .read_events(0, 10, Duration::from_secs(30))
            .await
    });
    eventually("the poll is there", || async {
        counting.reads.load(Ordering::SeqCst) == 1
    })
    .await;

    running.tell_to_stop();
    running.stop().await;

    let answered = poll.await.unwrap().expect("answered, not cut off");
    assert_eq!(answered.events, []);
}

#[tokio::test]
async fn dead_letters_are_listed_and_retried_over_http_and_hold_no_contact_data() {
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let recorder = Recorder::new(&store.db);
    recorder.spoil(1, 1);
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("a letter", || async { handle.progress().dead_letters == 1 }).await;
    let running = Running::start_with(&store, Router::new(), vec![handle]).await;

    let (status, letters) = running.get("/v2/dead-letters").await;
    assert_eq!(status, StatusCode::OK);
    let letter = &letters["data"][0];
    assert_eq!(
        (&letter["state"], &letter["subscription"]),
        (&"dead".into(), &"tested.tested".into())
    );
    assert!(letter["payload"].is_null() && letter["event"].is_null());
    let id = letter["event_id"].as_str().unwrap();
    let none = uuid::Uuid::nil();
    for (path, status, code) in [
        (
            "tested.tested/nonsense".to_owned(),
            StatusCode::BAD_REQUEST,
            "INVALID_INPUT",
        ),
        (
            format!("tested.tested/{}", id.to_uppercase()),
            StatusCode::BAD_REQUEST,
            "INVALID_INPUT",
        ),
        ("tested.tested/%ff".to_owned(), StatusCode::BAD_REQUEST, "INVALID_INPUT"),
        (format!("tested.tested/{none}"), StatusCode::NOT_FOUND, "NOT_FOUND"),
        (format!("another/{id}"), StatusCode::NOT_FOUND, "NOT_FOUND"),
    ] {
        let (seen, body) = running
            .call(Method::POST, &format!("/v2/dead-letters/{path}/retry"))
            .await;
        assert_eq!((seen, &body["error"]["code"]), (status, &code.into()), "{path}");
    }
    recorder.cure();
    let (status, _) = running
        .call(Method::POST, &format!("/v2/dead-letters/tested.tested/{id}/retry"))
        .await;

    assert_eq!(status, StatusCode::ACCEPTED);
    eventually("applied", || async { effects(&store.db).await.len() == 1 }).await;
    tasks.stop(Duration::from_secs(10)).await.unwrap();
    running.stop().await;
}

/// One refund that was given up, until a person decides on it.
struct OneRefund(Mutex<Option<GivenUp>>);

#[seam::async_trait]
impl GivingUp for OneRefund {
    fn kind(&self) -> &'static str {
        "refund"
    }
    async fn list(&self) -> Result<Vec<GivenUp>, DatabaseError> {
        Ok(self.0.lock().unwrap().iter().cloned().collect())
    }
    async fn retry(&self, id: &str) -> Result<bool, DatabaseError> {
        Ok(self.0.lock().unwrap().as_ref().is_some_and(|one| one.id == id))
    }
    async fn resolve(&self, id: &str) -> Result<bool, DatabaseError> {
        Ok(self.0.lock().unwrap().take_if(|one| one.id == id).is_some())
    }
}

#[tokio::test]
async fn work_that_was_given_up_is_listed_and_decided_on_over_http() {
    let store = Store::new().await;
    let refund = OneRefund(Mutex::new(Some(GivenUp {
        kind: "refund",
        id: "r".to_owned(),
        order_id: OrderId::derive(&["order"]),
        amount: Money::new(5, Currency::EUR),
        reason: "account closed".to_owned(),
        retries: 0,
        given_up_at: Timestamp::now(),
    })));
    let running = Running::start_module(&store, Router::new(), Vec::new(), vec![Arc::new(refund)]).await;

    let (status, listed) = running.get("/v2/given-up").await;
    assert_eq!(
        (status, listed["data"].as_array().map(Vec::len)),
        (StatusCode::OK, Some(1))
    );
    let one = &listed["data"][0];
    assert_eq!(
        (&one["kind"], &one["id"], &one["reason"]),
        (&"refund".into(), &"r".into(), &"account closed".into())
    );
    for (path, wanted) in [
        ("refund/r/retry", StatusCode::ACCEPTED),
        ("refund/s/retry", StatusCode::NOT_FOUND),
        ("mail/r/retry", StatusCode::NOT_FOUND),
        ("refund/%ff/resolve", StatusCode::NOT_FOUND),
        ("refund/r/resolve", StatusCode::OK),
        ("refund/r/resolve", StatusCode::NOT_FOUND),
    ] {
        let (status, body) = running.call(Method::POST, &format!("/v2/given-up/{path}")).await;
        assert_eq!(status, wanted, "{path}: {body}");
        assert!(
            body["request_id"].is_string(),
            "{path} is answered in the envelope: {body}"
        );
    }
    let (status, _) = running.call(Method::DELETE, "/v2/given-up").await;
    assert_eq!(status, StatusCode::METHOD_NOT_ALLOWED);
    assert_eq!(running.get("/v2/given-up").await.1["data"], Value::Array(Vec::new()));
    running.stop().await;
}

#[tokio::test]
async fn the_bound_address_is_written_to_the_file_that_was_asked_for() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("address");
    let pairs = [("ADDRESS_FILE", file.to_str().unwrap())];
    let environment = Environment::new(Settings::from_pairs(DECLARED, pairs).unwrap());

    let server = server::bind(environment, Vec::new()).await.unwrap();

    let written: SocketAddr = std::fs::read_to_string(&file).unwrap().parse().unwrap();
    assert_eq!(written, server.address());
    assert_ne!(written.port(), 0);
}
