use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use commerce::{DomainEvent, DomainEventPayload, RecordedEvent};
use uuid::Uuid;

use super::{
    HandlerError, dead_letters, versions,
    watermark::{Standing, Watermark},
};
use crate::{DatabaseError, Tx};

/// One event on its way to a handler. A clone is the same delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    recorded: Arc<RecordedEvent>,
    /// The log that the event's position belongs to.
    log: Uuid,
    source: Source,
    watermark: Arc<Watermark>,
    behind: Arc<AtomicBool>,
}

/// Origin of the event of a delivery, which decides how it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The feed: the event's position is recorded.
    Feed,
    /// The feed, and the event closes a gap before dead letters of its aggregate: both are recorded.
    FeedInGap,
    /// A dead letter that is tried again: the letter is removed.
    Letter,
}

impl Delivery {
    pub(super) fn new(recorded: Arc<RecordedEvent>, log: Uuid, source: Source, watermark: Arc<Watermark>) -> Self {
        Self {
            recorded,
            log,
            source,
            watermark,
            behind: Arc::default(),
        }
    }

    /// The event to handle.
    pub fn event(&self) -> &DomainEvent {
        &self.recorded.event
    }

    /// Parses the payload as the event enum `E`. A payload that does not parse is a poison message
    /// ([`HandlerError::Poison`]).
    pub fn parse<E: DomainEventPayload>(&self) -> Result<E, HandlerError> {
        let parsed = self.event().parse();
        parsed.map_err(|error| HandlerError::Poison(error.to_string()))
    }

    /// Notes that this event is done, in the same write as its effect.
    ///
    /// Returns `false` if the event must not be applied: it was done before, or has to wait behind a dead letter that
    /// another process has found. Write nothing then, and return `Ok`.
    pub async fn record(&self, tx: &mut Tx) -> Result<bool, DatabaseError> {
        let (event, name) = (self.event(), &self.watermark.name);
        if self.source == Source::Letter {
            if !dead_letters::remove(tx, name, event.event_id).await? {
                return Ok(false);
            }
        } else {
            match self.watermark.standing(tx, self.log, &self.recorded).await? {
                Standing::Done => return Ok(false),
                Standing::Behind if self.source == Source::Feed => {
                    self.behind.store(true, Ordering::Relaxed);
                    return Ok(false);
                }
                Standing::Behind | Standing::Due => {}
            }
            self.watermark.record(tx, self.log, self.recorded.position).await?;
        }
        if self.source != Source::Feed {
            dead_letters::advance_gap(tx, name, self.log, &self.recorded).await?;
        }
        versions::apply(tx, name, &event.aggregate_id, event.version).await
    }

    /// True if [`Delivery::record`] found that an earlier event of the aggregate is a dead letter, which another
    /// process has made of it.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }
}
