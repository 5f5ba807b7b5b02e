//! A module's event log over HTTP, with long polling.

use std::{sync::Arc, time::Duration};

use axum::Router;
use seam::{TransportFailure, http::Transport};
use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    caller::{Caller, Outgoing},
    failure::Failure,
    incoming::Incoming,
    operation::{Operation, Parameter},
    path::path,
    routes::Routes,
};
use crate::{Error, EventFeed, FeedError, RecordedEvent, error::NoConflict};

/// The longest that a reader may wait for an event.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// What a reply may take beyond the wait before the client gives up.
const GRACE: Duration = Duration::from_secs(10);

/// Names the log in failures; it is not an error of its own on the wire.
const LOG: &str = "event log";

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "after",
        summary: "The last position that the reader has seen.",
        least: 0,
        most: i64::MAX,
        default: 0,
    },
    Parameter {
        name: "limit",
        summary: "The most events to read.",
        least: 1,
        most: 1_000,
        default: 100,
    },
    Parameter {
        name: "wait_ms",
        summary: "How long to wait for the first event; more than 30,000 is 30,000.",
        least: 0,
        most: 30_000,
        default: 0,
    },
];

/// Serves the log of the module `name` at `/v2/events/{name}`.
pub fn router(name: &str, feed: Arc<dyn EventFeed>) -> Router {
    routes(name).over(feed)
}

/// A part of a log.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
pub(crate) struct Batch {
    /// In the order of their positions; none if none came in time.
    events: Vec<RecordedEvent>,
}

pub(crate) fn routes(name: &str) -> Routes<dyn EventFeed> {
    let read = Operation::get(
        "/v2/events/{module}",
        "read_events",
        "What happened in a module after a position, in order; waits for the first event.",
    );
    // One literal path for each module, so that the routers of several can be merged.
    let at = read.path.replace("{module}", name);
    Routes::new().serve_at(&at, read.query(PARAMETERS).returns::<Batch>(), read_events)
}

async fn read_events(feed: Arc<dyn EventFeed>, request: Incoming) -> Result<Answer, Failure> {
    let after = request.query.number("after", 0, "a position: a whole number from 0")?;
    let limit = request.query.number("limit", 100, "a whole number from 1 to 1000")?;
    let wait = request
        .query
        .number("wait_ms", 0, "milliseconds: a whole number from 0")?;
    let wait = Duration::from_millis(wait).min(LONGEST_WAIT);
    let events = feed.read_events(after, limit, wait).await?;
    Answer::ok(&Batch { events })
}

/// The log over HTTP: every call is a request to the other end's [`router`].
#[derive(Clone, Debug)]
pub struct Client<T> {
    caller: Caller<T>,
    path: String,
}

impl<T: Transport> Client<T> {
    /// Reads the log of the module `name` from the service that `transport` reaches.
    pub fn new(name: &str, transport: T) -> Self {
        Self {
            caller: Caller::new(LOG, transport),
            path: path("/v2/events/{}", &name),
        }
    }
}

#[seam::async_trait]
impl<T: Transport> EventFeed for Client<T> {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        let wait = wait.min(LONGEST_WAIT);
        let query = format!("after={after}&limit={limit}&wait_ms={}", wait.as_millis());
        let request = Outgoing::get(format!("{}?{query}", self.path)).patience(wait + GRACE);
        let batch: Batch = self.caller.call::<_, NoConflict>(request).await?;
        Ok(batch.events)
    }
}

impl From<FeedError> for Failure {
    fn from(error: FeedError) -> Self {
        let error: Error<NoConflict> = match error {
            FeedError::Transport(failure) => Error::Transport(failure),
            FeedError::Invalid(invalid) => Error::InvalidInput(invalid),
            FeedError::Unreadable(reason) => Error::ServiceUnavailable {
                service: LOG.to_owned(),
                reason,
            },
        };
        error.into()
    }
}

impl From<Error<NoConflict>> for FeedError {
    fn from(error: Error<NoConflict>) -> Self {
        match error {
            Error::Transport(failure) => Self::Transport(failure),
            Error::InvalidInput(invalid) => Self::Invalid(invalid),
            Error::ServiceUnavailable { reason, .. } => Self::Unreadable(reason),
            other => Self::Transport(TransportFailure::new(LOG, other.to_string())),
        }
    }
}
