use std::sync::{
    Arc,
    atomic::{AtomicBool, Ordering},
};

use commerce::{DomainEvent, DomainEventPayload, RecordedEvent};

use super::{
    HandlerError, dead_letters,
    window::{Standing, Window},
};
use crate::{DatabaseError, Tx};

/// One event on its way to a handler. A clone is the same delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    recorded: Arc<RecordedEvent>,
    source: Source,
    window: Arc<Window>,
    behind: Arc<AtomicBool>,
}

/// Where the event of a delivery comes from, and so how it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The feed: its position is recorded.
    Feed,
    /// The feed, and it closes a gap before dead letters of its aggregate: both are recorded.
    FeedInGap,
    /// A dead letter that is tried again: the letter goes.
    Letter,
}

impl Delivery {
    pub(super) fn new(recorded: Arc<RecordedEvent>, source: Source, window: Arc<Window>) -> Self {
        Self {
            recorded,
            source,
            window,
            behind: Arc::default(),
        }
    }

    /// What happened.
    pub fn event(&self) -> &DomainEvent {
        &self.recorded.event
    }

    /// What happened, as the enum of its module; an event that it can't be is poison.
    pub fn parse<E: DomainEventPayload>(&self) -> Result<E, HandlerError> {
        let parsed = self.event().parse();
        parsed.map_err(|error| HandlerError::Poison(error.to_string()))
    }

    /// Notes that this event is done, in the same write as its effect. `false`: do nothing and return `Ok`; it was done before, or has
    /// to wait behind a dead letter that another process has found.
    pub async fn record(&self, tx: &mut Tx) -> Result<bool, DatabaseError> {
        let event = self.event();
        if self.source == Source::Letter {
            if !dead_letters::remove(tx, &self.window.name, event.event_id).await? {
                return Ok(false);
            }
            dead_letters::advance_gap(tx, &self.window.name, &self.recorded).await?;
            return Ok(true);
        }
        match self
            .window
            .standing(tx, self.recorded.position, &event.aggregate_id)
            .await?
        {
            Standing::Done => return Ok(false),
            Standing::Behind if self.source == Source::Feed => {
                self.behind.store(true, Ordering::Relaxed);
                return Ok(false);
            }
            Standing::Behind | Standing::Due => {}
        }
        self.window.record(tx, self.recorded.position).await?;
        if self.source == Source::FeedInGap {
            dead_letters::advance_gap(tx, &self.window.name, &self.recorded).await?;
        }
        Ok(true)
    }

    /// Another process has made a dead letter of an earlier event of the aggregate.
    pub(super) fn is_behind(&self) -> bool {
        self.behind.load(Ordering::Relaxed)
    }
}
