use std::time::Duration;

use seam::{ContractError, TransportFailure};
use serde::{Deserialize, Serialize};
use uuid::Uuid;

use crate::{DomainEvent, Invalid};

/// Gives a module's event log to its readers, by position.
///
/// The one port of event delivery: in process, over HTTP, or over a broker.
#[seam::contract(name = "feed")]
pub trait EventFeed: Send + Sync {
    /// Returns up to `limit` events (1 to 1,000) after the position `after` (0: from the first), in the order of
    /// their positions.
    ///
    /// If there is none yet, waits up to `wait` for the first one, but never longer than 30 s: a longer `wait`
    /// counts as 30 s. Positions become visible in order: a reader that has seen position n is never shown a new
    /// one below n.
    ///
    /// Each answer names the log that it is from, and a position means something in that log only: a reader that
    /// sees another log than before can't go on at its position.
    ///
    /// Fails at once with [`FeedError::Invalid`] if `limit` or `after` is out of range.
    #[read]
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError>;
}

/// Part of a log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Batch {
    /// Id of the log, which it keeps for ever. The logs of two databases differ, even if they hold the same events.
    pub log: Uuid,
    /// Events in the order of their positions; empty if none came in time.
    pub events: Vec<RecordedEvent>,
}

/// An event and its position in its module's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordedEvent {
    /// Position in the log: from 1, growing, possibly with gaps.
    pub position: i64,
    /// The event itself.
    pub event: DomainEvent,
}

/// The reason why a feed could not be read. Reading changes nothing, so every failed read may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum FeedError {
    /// No answer came, or one that is not a log's.
    #[error(transparent)]
    Transport(#[from] TransportFailure),
    /// An argument is out of its range.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The log could not be read; the text says why.
    #[error("event log is not readable: {0}")]
    Unreadable(String),
}

impl ContractError for FeedError {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            Self::Invalid(_) | Self::Unreadable(_) => None,
        }
    }
}
