use std::{sync::Mutex, time::Duration};

use commerce::{DomainEvent, DomainEventPayload, EventFeed, EventMetadata, FeedError, RecordedEvent, Timestamp};
use tokio::sync::watch;

/// A module's event log in memory.
#[derive(Debug, Default)]
pub struct Log {
    events: Mutex<Vec<RecordedEvent>>,
    appended: watch::Sender<()>,
}

impl Log {
    /// Appends what happened.
    pub fn append(&self, event: &impl DomainEventPayload) {
        let mut events = self.events.lock().unwrap();
        let aggregate = event.aggregate_id();
        let version = events
            .iter()
            .filter(|recorded| recorded.event.aggregate_id == aggregate)
            .count()
            + 1;
        let metadata = EventMetadata {
            correlation_id: "a correlation".to_owned(),
            causation_id: None,
            source_service: "payments".to_owned(),
        };
        let version = i64::try_from(version).unwrap();
        let event = DomainEvent::new(event, version, Timestamp::now(), metadata).unwrap();
        let position = i64::try_from(events.len()).unwrap() + 1;
        events.push(RecordedEvent { position, event });
        self.appended.send_replace(());
    }
}

#[seam::async_trait]
impl EventFeed for Log {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        let mut appended = self.appended.subscribe();
        let deadline = tokio::time::Instant::now() + wait;
        loop {
            let events: Vec<_> = {
                let events = self.events.lock().unwrap();
                let later = events.iter().filter(|recorded| recorded.position > after);
                later.take(limit as usize).cloned().collect()
            };
            if !events.is_empty() || tokio::time::timeout_at(deadline, appended.changed()).await.is_err() {
                return Ok(events);
            }
        }
    }
}
