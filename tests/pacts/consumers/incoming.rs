use std::{future::pending, sync::Arc};

use bytes::Bytes;
use commerce::{DomainEvent, DomainEventPayload, EventFeed, EventMetadata, Timestamp, http::feed};
use http::{Request, Response};
use seam::{BoxFuture, TransportFailure, http::Transport};
use serde_json::{Value, json};
use tokio::sync::watch;
use uuid::Uuid;

/// A message on its way to a consumer: the next event of a log, which subscribers read over HTTP once it is
/// published.
#[derive(Clone, Debug)]
pub(crate) struct IncomingMessage {
    message: Value,
    before: Vec<Value>,
    is_published: watch::Sender<bool>,
    reads: watch::Sender<usize>,
}

impl IncomingMessage {
    pub(crate) fn of(contents: &[u8]) -> Self {
        Self {
            message: serde_json::from_slice(contents).unwrap(),
            before: Vec::new(),
            is_published: watch::Sender::new(false),
            reads: watch::Sender::new(0),
        }
    }

    /// Adds earlier events of the same aggregate: subscribers hold an event back until those before it have
    /// arrived.
    pub(crate) fn after<E: DomainEventPayload>(mut self, earlier: &[E]) -> Self {
        self.before = (1..)
            .zip(earlier)
            .map(|(version, event)| {
                let metadata = EventMetadata {
                    correlation_id: "earlier".to_owned(),
                    causation_id: None,
                    source_service: "elsewhere".to_owned(),
                };
                json!(DomainEvent::new(event, version, Timestamp::now(), metadata).unwrap())
            })
            .collect();
        self
    }

    /// The log, through the client that subscribers use.
    pub(crate) fn feed(&self) -> Arc<dyn EventFeed> {
        Arc::new(feed::Client::new("its-module", self.clone()))
    }

    /// The position of the message in the log.
    pub(crate) fn position(&self) -> i64 {
        i64::try_from(self.before.len()).unwrap() + 1
    }

    /// Makes the message visible to readers of the log.
    pub(crate) fn publish(&self) {
        self.is_published.send_replace(true);
    }

    /// True if the consumer has read the message.
    pub(crate) fn was_read(&self) -> bool {
        *self.reads.borrow() > 0
    }

    /// Returns when the message is read again, which means that the consumer could not use the log's reply.
    pub(crate) async fn is_read_again(&self) {
        let mut reads = self.reads.subscribe();
        if reads.wait_for(|reads| *reads > 1).await.is_err() {
            pending::<()>().await;
        }
    }

    fn batch(&self) -> Value {
        let events = self.before.iter().chain([&self.message]);
        let events = (1..).zip(events);
        let events: Vec<_> = events
            .map(|(position, event)| json!({ "position": position, "event": event }))
            .collect();
        json!({ "data": { "log": Uuid::nil(), "events": events }, "request_id": "r", "timestamp": Timestamp::now() })
    }
}

impl Transport for IncomingMessage {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            let query = request.uri().query().unwrap_or_default();
            let mut is_published = self.is_published.subscribe();
            let is_late = !query.starts_with("after=0&");
            if is_late || is_published.wait_for(|published| *published).await.is_err() {
                // There will be no more messages.
                pending::<()>().await;
            }
            self.reads.send_modify(|reads| *reads += 1);
            Ok(Response::new(Bytes::from(self.batch().to_string())))
        })
    }
}
