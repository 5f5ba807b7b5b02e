//! The log of a module as a contract, and read over HTTP.

use std::{
    sync::{
        Arc, Mutex,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, http::Request};
use bytes::Bytes;
use commerce::{Batch, EventFeed, EventFeedReply, FeedError, Invalid, RecordedEvent, http::feed};
use seam::{
    BoxFuture, Carrier, Contract, Deferred, TransportFailure, Wire,
    http::{AnswerWithin, InProcess, Transport},
};
use uuid::Uuid;

use crate::{events::recorded, requests::ask, samples::order_events};

/// A log that records its calls and returns a set reply.
struct Log {
    asked: Mutex<Vec<(i64, u32, Duration)>>,
    answer: Result<Batch, FeedError>,
}

impl Log {
    fn answering(answer: Result<Batch, FeedError>) -> Arc<Self> {
        let asked = Mutex::new(Vec::new());
        Arc::new(Self { asked, answer })
    }
}

#[seam::async_trait]
impl EventFeed for Log {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        self.asked.lock().unwrap().push((after, limit, wait));
        self.answer.clone()
    }
}

/// The log of these tests.
const ID: Uuid = Uuid::from_u128(7);

fn none() -> Batch {
    Batch {
        log: ID,
        events: Vec::new(),
    }
}

fn events() -> Batch {
    let events = order_events().into_iter().enumerate();
    let recorded = |(index, event)| RecordedEvent {
        position: i64::MAX - i64::try_from(index).unwrap(),
        event: recorded(&event, 1, "orders"),
    };
    Batch {
        log: ID,
        events: events.map(recorded).collect(),
    }
}

fn answers() -> [Result<Batch, FeedError>; 5] {
    [
        Ok(events()),
        Ok(none()),
        Err(FeedError::Invalid(Invalid::new("limit", 0, "1 to 1000"))),
        Err(FeedError::Unreadable("disk full".to_owned())),
        Err(FeedError::Transport(TransportFailure::new("elsewhere", "no answer"))),
    ]
}

/// Counts the calls of any contract and passes them on.
struct Counting<C: Contract + ?Sized> {
    service: Arc<C>,
    calls: AtomicUsize,
}

impl<C: Contract + ?Sized> Carrier<C> for Counting<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.calls.fetch_add(1, Relaxed);
        self.service.dispatch(call)
    }
}

#[tokio::test]
async fn a_feed_is_wrapped_by_carriers_that_know_no_feeds() {
    for answer in answers() {
        let log = Log::answering(answer.clone());
        let counting = Arc::new(Counting::<dyn EventFeed> {
            service: log.clone(),
            calls: AtomicUsize::new(0),
        });
        let counted = <dyn EventFeed>::via(counting.clone());
        let feed = <dyn EventFeed>::via(Arc::new(Wire(counted)));

        let read = feed.read_events(7, 10, Duration::from_millis(1)).await;

        assert_eq!(read, answer);
        assert_eq!(counting.calls.load(Relaxed), 1);
        assert_eq!(*log.asked.lock().unwrap(), vec![(7, 10, Duration::from_millis(1))]);
    }
}

#[tokio::test]
async fn the_outcomes_of_a_read_are_told_apart() {
    let kinds = answers().map(|answer| <dyn EventFeed>::outcome(&EventFeedReply::ReadEvents(answer)).kind());
    assert_eq!(kinds, ["value", "value", "domain_error", "domain_error", "transport"]);
}

#[tokio::test]
async fn a_reader_waits_until_a_deferred_log_is_named() {
    let (slot, feed) = Deferred::<dyn EventFeed>::new();
    let reader = tokio::spawn(async move { feed.read_events(0, 1, Duration::ZERO).await });
    tokio::task::yield_now().await;
    assert!(!reader.is_finished());

    slot.set(Log::answering(Ok(events())));

    assert_eq!(reader.await.unwrap(), Ok(events()));
}

#[tokio::test]
async fn a_reader_of_a_log_that_is_never_named_gets_no_answer() {
    let (slot, feed) = Deferred::<dyn EventFeed>::new();

    drop(slot);

    let read = feed.read_events(0, 1, Duration::ZERO).await;
    let expected = TransportFailure::new("feed", "it was never wired up");
    assert_eq!(read, Err(FeedError::Transport(expected)));
}

#[tokio::test]
async fn events_and_failures_come_back_as_the_log_gave_them() {
    for answer in answers() {
        let log = Log::answering(answer.clone());
        let client = feed::Client::new("orders", InProcess::new(feed::router("orders", log.clone())));

        let read = client
            .read_events(i64::MAX, u32::MAX, Duration::from_millis(1_500))
            .await;

        assert_eq!(read, answer);
        let asked = vec![(i64::MAX, u32::MAX, Duration::from_millis(1_500))];
        assert_eq!(*log.asked.lock().unwrap(), asked);
    }
}

#[tokio::test]
async fn a_log_is_asked_to_wait_30_seconds_at_most() {
    let log = Log::answering(Ok(none()));
    let router = feed::router("orders", log.clone());
    for wait in [30_001_u64, 3_600_000, u64::MAX] {
        let reply = ask(&router, &format!("GET /v2/events/orders?wait_ms={wait}"), &[], "").await;
        assert_eq!((reply.status, reply.code().as_str()), (400, "INVALID_INPUT"), "{wait}");
        assert_eq!(reply.json()["error"]["details"]["field"], "wait_ms");
    }
    ask(&router, "GET /v2/events/orders?wait_ms=30000", &[], "").await;
    let asked = vec![(0, 100, Duration::from_secs(30))];
    assert_eq!(*log.asked.lock().unwrap(), asked);
}

/// Transport that records the time a client would wait for its reply, and the path of the request.
struct Patience(Arc<Mutex<Vec<Seen>>>);

type Seen = (Option<Duration>, String);

impl Transport for Patience {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<axum::http::Response<Bytes>, TransportFailure>> {
        let patience = request.extensions().get().map(|AnswerWithin(limit)| *limit);
        self.0.lock().unwrap().push((patience, request.uri().to_string()));
        Box::pin(async { Err(TransportFailure::new("nobody", "not sent")) })
    }
}

#[tokio::test]
async fn a_client_waits_longer_than_it_asks_the_log_to() {
    let seen = Arc::new(Mutex::new(Vec::new()));
    let client = feed::Client::new("orders", Patience(seen.clone()));

    for wait in [Duration::ZERO, Duration::from_secs(30), Duration::from_secs(3_600)] {
        assert!(client.read_events(7, 10, wait).await.is_err());
    }

    let seconds = |seconds| Some(Duration::from_secs(seconds));
    let path = |wait: u64| format!("/v2/events/orders?after=7&limit=10&wait_ms={wait}");
    let expected = vec![
        (seconds(10), path(0)),
        (seconds(40), path(30_000)),
        (seconds(40), path(30_000)),
    ];
    assert_eq!(*seen.lock().unwrap(), expected);
}

#[tokio::test]
async fn the_logs_of_several_modules_are_served_side_by_side() {
    let orders = feed::router("orders", Log::answering(Ok(events())));
    let payments = feed::router("payments", Log::answering(Ok(none())));
    let router = Router::new().merge(orders).merge(payments);
    for (name, count) in [("orders", 5), ("payments", 0)] {
        let client = feed::Client::new(name, InProcess::new(router.clone()));
        assert_eq!(
            client.read_events(0, 10, Duration::ZERO).await.unwrap().events.len(),
            count
        );
    }
}

#[tokio::test]
async fn a_position_that_is_no_number_is_refused() {
    let router = feed::router("orders", Log::answering(Ok(none())));
    let reply = ask(&router, "GET /v2/events/orders?after=x", &[], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "INVALID_INPUT"));
}
