use std::{collections::BTreeMap, fmt, time::Duration};

use futures::future::LocalBoxFuture;
use serde_json::Value;

/// All that the engine can see and do. It knows no clock and no socket but through this, so the same engine can run on
/// real processes or in virtual time.
///
/// A `role` is what a scenario calls a node; the world knows which node plays it.
pub trait World {
    /// The node that plays a role.
    ///
    /// # Errors
    /// When nothing plays it; the text names what is there.
    fn node_of(&self, role: &str) -> Result<String, String>;

    /// Time since some fixed moment before the run.
    fn now(&self) -> Duration;

    /// Returns after this long.
    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()>;

    /// Sends one request to whoever plays the role, once, and waits at most `within` for the whole answer.
    ///
    /// # Errors
    /// [`NoAnswer`] when there is none: the request may have been done or not.
    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        within: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>>;

    /// Ends a node at once, giving it no chance to tidy up.
    ///
    /// # Errors
    /// When it was not running, or can't be killed here; the text says which.
    fn kill<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, Result<(), String>>;

    /// Starts a killed node again and returns once it is ready.
    ///
    /// # Errors
    /// When it does not become ready; the text says why.
    fn restart<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, Result<(), String>>;
}

/// A request as it is sent, all values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// `GET`, `POST` ...
    pub method: String,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Header names and values.
    pub headers: BTreeMap<String, String>,
    /// The JSON body, if any.
    pub body: Option<Value>,
}

impl Request {
    /// Reads this path, which is percent-encoded.
    pub(crate) fn get(path: String) -> Self {
        Self {
            method: "GET".to_owned(),
            path,
            headers: BTreeMap::new(),
            body: None,
        }
    }
}

impl fmt::Display for Request {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {}", self.method, self.path)
    }
}

/// An answer.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, or `Null` where it was empty or no JSON.
    pub body: Value,
}

/// Nobody answered, or not in time.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct NoAnswer(
    /// Why.
    pub String,
);
