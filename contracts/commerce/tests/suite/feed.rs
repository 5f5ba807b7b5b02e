//! The log of a module, read over HTTP.

use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use axum::{Router, http::Request};
use bytes::Bytes;
use commerce::{EventFeed, FeedError, Invalid, RecordedEvent, http::feed};
use seam::{
    BoxFuture, TransportFailure,
    http::{AnswerWithin, InProcess, Transport},
};

use crate::{events::recorded, requests::ask, samples::order_events};

/// A log that notes how it was asked and answers what it was told to.
struct Log {
    asked: Mutex<Vec<(i64, u32, Duration)>>,
    answer: Result<Vec<RecordedEvent>, FeedError>,
}

impl Log {
    fn answering(answer: Result<Vec<RecordedEvent>, FeedError>) -> Arc<Self> {
        let asked = Mutex::new(Vec::new());
        Arc::new(Self { asked, answer })
    }
}

#[seam::async_trait]
impl EventFeed for Log {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        self.asked.lock().unwrap().push((after, limit, wait));
        self.answer.clone()
    }
}

fn events() -> Vec<RecordedEvent> {
    let events = order_events().into_iter().enumerate();
    let recorded = |(index, event)| RecordedEvent {
        position: i64::MAX - i64::try_from(index).unwrap(),
        event: recorded(&event, 1, "orders"),
    };
    events.map(recorded).collect()
}

#[tokio::test]
async fn events_and_failures_come_back_as_the_log_gave_them() {
    let answers = [
        Ok(events()),
        Ok(Vec::new()),
        Err(FeedError::Invalid(Invalid::new("limit", 0, "1 to 1000"))),
        Err(FeedError::Unreadable("disk full".to_owned())),
        Err(FeedError::Transport(TransportFailure::new("elsewhere", "no answer"))),
    ];
    for answer in answers {
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
    let log = Log::answering(Ok(Vec::new()));
    let router = feed::router("orders", log.clone());
    ask(&router, "GET /v2/events/orders?wait_ms=3600000", &[], "").await;
    let asked = vec![(0, 100, Duration::from_secs(30))];
    assert_eq!(*log.asked.lock().unwrap(), asked);
}

/// Notes how long a client would wait for its answer, and how long it asks the log to.
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
    let payments = feed::router("payments", Log::answering(Ok(Vec::new())));
    let router = Router::new().merge(orders).merge(payments);
    for (name, count) in [("orders", 5), ("payments", 0)] {
        let client = feed::Client::new(name, InProcess::new(router.clone()));
        assert_eq!(client.read_events(0, 10, Duration::ZERO).await.unwrap().len(), count);
    }
}

#[tokio::test]
async fn a_position_that_is_no_number_is_refused() {
    let router = feed::router("orders", Log::answering(Ok(Vec::new())));
    let reply = ask(&router, "GET /v2/events/orders?after=x", &[], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "INVALID_INPUT"));
}
