use std::{sync::Mutex, time::Duration};

use commerce::{Batch, DomainEvent, DomainEventPayload, EventFeed, EventMetadata, FeedError, RecordedEvent, Timestamp};
use seam::time::Instant;
use tokio::sync::watch;
use uuid::Uuid;

/// Event log of another module, in memory.
#[derive(Debug)]
pub struct Log {
    id: Uuid,
    events: Mutex<Vec<RecordedEvent>>,
    appended: watch::Sender<()>,
}

impl Default for Log {
    fn default() -> Self {
        Self::named(0)
    }
}

impl Log {
    /// Correlation id of all its events.
    pub const CORRELATION: &'static str = "a correlation";

    /// An empty log whose id this number makes.
    pub fn named(number: u128) -> Self {
        Self {
            id: Uuid::from_u128(number),
            events: Mutex::default(),
            appended: watch::Sender::default(),
        }
    }

    /// Appends the next event of the payload's aggregate.
    pub fn append(&self, payload: &impl DomainEventPayload) -> DomainEvent {
        let mut events = self.events.lock().unwrap();
        let aggregate = payload.aggregate_id();
        let earlier = events.iter().filter(|earlier| earlier.event.aggregate_id == aggregate);
        let version = i64::try_from(earlier.count()).unwrap() + 1;
        let metadata = EventMetadata {
            correlation_id: Self::CORRELATION.to_owned(),
            causation_id: None,
            source_service: "elsewhere".to_owned(),
        };
        let event = DomainEvent::new(payload, version, Timestamp::now(), metadata).unwrap();
        let position = i64::try_from(events.len()).unwrap() + 1;
        events.push(RecordedEvent {
            position,
            event: event.clone(),
        });
        self.appended.send_replace(());
        event
    }
}

#[seam::async_trait]
impl EventFeed for Log {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let mut appended = self.appended.subscribe();
        let deadline = Instant::now() + wait;
        loop {
            let events: Vec<_> = {
                let events = self.events.lock().unwrap();
                let later = events.iter().filter(|recorded| recorded.position > after);
                later.take(limit as usize).cloned().collect()
            };
            if !events.is_empty() || tokio::time::timeout_at(deadline, appended.changed()).await.is_err() {
                return Ok(Batch { log: self.id, events });
            }
        }
    }
}
