use std::sync::Arc;

use commerce::{DomainEvent, RecordedEvent};

use super::subscription::Window;
use crate::{DatabaseError, Tx};

/// One event on its way to a handler. A clone is the same delivery.
#[derive(Clone, Debug)]
pub struct Delivery {
    pub(super) recorded: Arc<RecordedEvent>,
    pub(super) source: Source,
    pub(super) window: Arc<Window>,
}

/// Where the event of a delivery comes from, and so how it is recorded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Source {
    /// The feed: its position is recorded.
    Feed,
    /// A dead letter that is tried again: the letter goes.
    Letter,
}

impl Delivery {
    /// What happened.
    pub fn event(&self) -> &DomainEvent {
        &self.recorded.event
    }

    /// Notes that this event is done, in the same write as its effect. `false`: it was done before, so do nothing and return `Ok`.
    pub async fn record(&self, tx: &mut Tx) -> Result<bool, DatabaseError> {
        match self.source {
            Source::Feed => self.window.record(tx, self).await,
            Source::Letter => super::dead_letters::remove(tx, &self.window.name, self.event().event_id).await,
        }
    }
}
