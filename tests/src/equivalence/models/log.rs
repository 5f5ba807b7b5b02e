use std::{collections::BTreeMap, sync::Arc, time::Duration};

use commerce::{Batch, DomainEvent, DomainEventPayload, EventFeed, EventMetadata, FeedError, Timestamp};
use serde_json::{Value, json};
use uuid::Uuid;

/// The events that a model expects in the module's log, and the model's clock.
#[derive(Clone, Debug, Default, PartialEq)]
pub(crate) struct Log {
    ticks: i64,
    versions: BTreeMap<String, i64>,
    events: Vec<Value>,
}

impl Log {
    /// The time of the next write: later than any before.
    pub(crate) fn now(&mut self) -> Timestamp {
        self.ticks += 1;
        Timestamp::from_micros(self.ticks).expect("a tick is a timestamp")
    }

    /// Appends an event, as the module does.
    pub(crate) fn append(&mut self, event: &impl DomainEventPayload) {
        let version = self.versions.entry(event.aggregate_id()).or_default();
        *version += 1;
        let metadata = EventMetadata {
            correlation_id: String::new(),
            causation_id: None,
            source_service: String::new(),
        };
        let now = Timestamp::from_micros(self.ticks).expect("a tick is a timestamp");
        let event = DomainEvent::new(event, *version, now, metadata).expect("an event has a JSON form");
        self.events.push(shown(&event));
    }

    pub(crate) fn events(&self) -> Vec<Value> {
        self.events.clone()
    }
}

/// Reads a module's log down to what the contract promises: events and aggregates, in order.
pub(crate) async fn read(feed: &dyn EventFeed) -> Result<Vec<Value>, String> {
    let events = feed.read_events(0, 1_000, Duration::ZERO).await;
    let events = events.map_err(|error| error.to_string())?.events;
    Ok(events.iter().map(|recorded| shown(&recorded.event)).collect())
}

fn shown(event: &DomainEvent) -> Value {
    json!({
        "event_id": event.event_id,
        "event_type": event.event_type,
        "aggregate_id": event.aggregate_id,
        "version": event.version,
        "payload": event.payload,
    })
}

/// The log of a neighbour that never publishes anything.
pub(crate) fn silent() -> Arc<dyn EventFeed> {
    Arc::new(Silent)
}

struct Silent;

#[seam::async_trait]
impl EventFeed for Silent {
    async fn read_events(&self, _after: i64, _limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        tokio::time::sleep(wait).await;
        Ok(Batch {
            log: Uuid::nil(),
            events: Vec::new(),
        })
    }
}
