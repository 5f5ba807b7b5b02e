//! HTTP binding of [`EventFeed`], with long polling.

use std::{sync::Arc, time::Duration};

use axum::Router;
use seam::{TransportFailure, http::Transport};

use super::{
    client::{Outgoing, RestClient},
    failure::Failure,
    incoming::Incoming,
    operation::{Operation, Parameter},
    path::path,
    reply::Success,
    routes::Routes,
};
use crate::{Batch, Error, EventFeed, FeedError, Invalid, error::NoConflict};

/// Longest time for which a reader may wait for an event.
const LONGEST_WAIT: Duration = Duration::from_secs(30);

/// Time that the client allows for the reply beyond the wait.
const GRACE: Duration = Duration::from_secs(10);

/// Name of the log in failures.
const LOG: &str = "event log";

const PARAMETERS: &[Parameter] = &[
    Parameter {
        name: "after",
        summary: "Last position that the reader has seen.",
        least: 0,
        most: i64::MAX,
        default: 0,
    },
    Parameter {
        name: "limit",
        summary: "Largest number of events to return.",
        least: 1,
        most: 1_000,
        default: 100,
    },
    Parameter {
        name: "wait_ms",
        summary: "Milliseconds to wait for the first event.",
        least: 0,
        most: 30_000,
        default: 0,
    },
];

/// Serves the log of the module `name` at `/v2/events/{name}`.
pub fn router(name: &str, feed: Arc<dyn EventFeed>) -> Router {
    routes(name).over(feed)
}

pub(crate) fn routes(name: &str) -> Routes<dyn EventFeed> {
    let read = Operation::get(
        "/v2/events/{module}",
        "read_events",
        "Returns the events of a module after a position, in order; waits for the first one.",
    );
    // One literal path for each module, so that the routers of several can be merged.
    let at = read.path.replace("{module}", name);
    Routes::new().serve_at(&at, read.query(PARAMETERS).returns::<Batch>(), read_events)
}

async fn read_events(feed: Arc<dyn EventFeed>, request: Incoming) -> Result<Success, Failure> {
    let after = request.query.number("after", 0, "a position: a whole number from 0")?;
    let limit = request.query.number("limit", 100, "a whole number from 1 to 1000")?;
    let wanted = "milliseconds: a whole number from 0 to 30000";
    let wait = Duration::from_millis(request.query.number("wait_ms", 0, wanted)?);
    if wait > LONGEST_WAIT {
        return Err(Invalid::new("wait_ms", wait.as_millis(), wanted).into());
    }
    Success::ok(&feed.read_events(after, limit, wait).await?)
}

/// Client of a module's log: every read is a request to the [`router`] at the other end.
#[derive(Clone, Debug)]
pub struct Client<T> {
    rest: RestClient<T>,
    path: String,
}

impl<T: Transport> Client<T> {
    /// Makes a client that reads the log of the module `name` through `transport`.
    pub fn new(name: &str, transport: T) -> Self {
        Self {
            rest: RestClient::new(LOG, transport),
            path: path("/v2/events/{}", &name),
        }
    }
}

#[seam::async_trait]
impl<T: Transport> EventFeed for Client<T> {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let wait = wait.min(LONGEST_WAIT);
        let query = format!("after={after}&limit={limit}&wait_ms={}", wait.as_millis());
        let request = Outgoing::get(format!("{}?{query}", self.path)).patience(wait + GRACE);
        Ok(self.rest.call::<_, NoConflict>(request).await?)
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
