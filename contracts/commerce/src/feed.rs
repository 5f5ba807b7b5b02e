use std::time::Duration;

use seam::TransportFailure;
use serde::{Deserialize, Serialize};

use crate::{DomainEvent, Invalid};

/// A module's log, read by position. The one port of event delivery: in process, over HTTP, later over a broker.
#[seam::async_trait]
pub trait EventFeed: Send + Sync {
    /// Up to `limit` (1 to 1,000) events after `after` (0: from the first), in the order of their positions; waits up to `wait` for
    /// the first one, and 30 s at most: more is no error. Positions become visible in order: whoever has seen position n will never be
    /// shown a smaller new one.
    ///
    /// Refuses another limit, and a position below 0, at once.
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError>;
}

/// An event and its place in its module's log.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct RecordedEvent {
    /// From 1, growing, possibly with gaps.
    pub position: i64,
    /// What happened.
    pub event: DomainEvent,
}

/// Why a feed could not be read. Reading changes nothing, so each of them may be repeated.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum FeedError {
    /// No answer, or not the log's.
    #[error(transparent)]
    Transport(#[from] TransportFailure),
    /// The reader asked for something that can't be.
    #[error(transparent)]
    Invalid(#[from] Invalid),
    /// The log could not be read.
    #[error("event log is not readable: {0}")]
    Unreadable(String),
}
