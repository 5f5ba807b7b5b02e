use std::{collections::BTreeMap, fmt, time::Duration};

use futures::{FutureExt, future::LocalBoxFuture};
use serde_json::Value;

use super::{Errand, Fault, LinkCounts, LinkTraffic, LogPart, Matches, Met, NotLaid, Support};
use crate::topology::LogPattern;

/// The system under test and its clock: all that steps and the scenario engine see and do. They know no other clock
/// and no socket, so the same engine can run on real processes or in virtual time.
///
/// A `role` is the scenario's name for a node; the world knows which node plays it.
pub trait World {
    /// The node that plays a role.
    ///
    /// # Errors
    /// When nothing plays it; the text names the roles that are there.
    fn node_of(&self, role: &str) -> Result<String, String>;

    /// The time since some fixed moment before the run.
    fn now(&self) -> Duration;

    /// Returns after this long.
    fn pause(&self, time: Duration) -> LocalBoxFuture<'_, ()>;

    /// Sends one request, once, to the node that plays the role, and waits at most `within` for the whole answer.
    ///
    /// # Errors
    /// [`NoAnswer`] when there is none: the request may have been done or not.
    fn send<'a>(
        &'a self,
        role: &'a str,
        request: &'a Request,
        within: Duration,
    ) -> LocalBoxFuture<'a, Result<Response, NoAnswer>>;

    /// Every end of a node so far that no fault caused; the earliest first.
    fn deaths(&self) -> Vec<Death> {
        Vec::new()
    }

    /// The length of a node's log in bytes, of each instance; nothing for a node that is not there.
    fn log_lengths(&self, node: &str) -> Vec<u64> {
        let _ = node;
        Vec::new()
    }

    /// Looks through all that a node has printed since the start of the run, or these parts of it, for lines that match
    /// a pattern, of which the `first` are given.
    ///
    /// # Errors
    /// When there is no such node, or its log can't be read.
    fn log_matches(
        &self,
        node: &str,
        pattern: &LogPattern,
        parts: Option<&[LogPart]>,
        first: usize,
    ) -> Result<Matches, String> {
        let _ = (pattern, parts, first);
        Err(format!("nothing is known of a log of {node} here"))
    }

    /// Runs a program to its end, with the way to each role in its environment. Dropped before, it kills the program.
    ///
    /// # Errors
    /// When it does not end with status 0; the text has its last lines.
    fn run<'a>(&'a self, errand: &'a Errand) -> LocalBoxFuture<'a, Result<(), String>> {
        let refusal = format!("{} can't be run here", errand.words.join(" "));
        async { Err(refusal) }.boxed_local()
    }

    /// Says if the world can lay a fault. Asked for every fault before the workload starts; by default all are refused.
    fn support(&self, fault: &Fault) -> Support {
        Support::Refused(format!("no fault can be laid on {} here", fault.target))
    }

    /// Traffic that a fault of links met and acted on so far, for each of its links; nothing for other faults.
    fn traffic(&self, fault: &Fault) -> Vec<LinkTraffic> {
        let _ = fault;
        Vec::new()
    }

    /// Traffic that a fault of a node met since it was laid; `None` for other faults, and where the world does not
    /// tell.
    fn met(&self, fault: &Fault) -> Option<Met> {
        let _ = fault;
        None
    }

    /// All that has passed each link so far, from outside too.
    fn links(&self) -> Vec<LinkCounts> {
        Vec::new()
    }

    /// Returns when a node has become ready since this world was made, as after a fault. It may never.
    fn ready_again<'a>(&'a self, node: &'a str) -> LocalBoxFuture<'a, ()> {
        let _ = node;
        futures::future::pending().boxed_local()
    }

    /// Lays a fault on its target, which stays until [`World::lift`]. A world that lays no faults refuses all of
    /// them.
    ///
    /// # Errors
    /// [`NotLaid`] when the fault is not there: then there is nothing to lift.
    fn lay<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), NotLaid>> {
        let refusal = NotLaid::Refused(format!("no fault can be laid on {} here", fault.target));
        async { Err(refusal) }.boxed_local()
    }

    /// Takes back a fault whose [`World::lay`] still waits, as that of a crash does for its point. False if it comes
    /// all the same: then `lay` is about to return.
    fn withdraw(&self, fault: &Fault) -> bool {
        let _ = fault;
        true
    }

    /// Lifts a fault that was laid, and returns once its target is as before.
    ///
    /// # Errors
    /// When the target does not come back; the text says why.
    fn lift<'a>(&'a self, fault: &'a Fault) -> LocalBoxFuture<'a, Result<(), String>> {
        let refusal = format!("no fault was laid on {}", fault.target);
        async { Err(refusal) }.boxed_local()
    }
}

/// End of a node that no fault caused.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Death {
    /// Name of the node.
    pub node: String,
    /// Exit status or signal.
    pub how: String,
    /// Moment of the end, on the clock of the world.
    pub at: Duration,
    /// Last lines that the node printed.
    pub last_lines: Vec<String>,
}

/// A request as it is sent, all values filled in.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// The method: `GET`, `POST` ...
    pub method: String,
    /// Path and query, percent-encoded.
    pub path: String,
    /// Headers, each name once.
    pub headers: BTreeMap<String, String>,
    /// The JSON body, if any.
    pub body: Option<Value>,
}

impl Request {
    /// A GET of this path, which is percent-encoded.
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

/// The answer to a request.
#[derive(Clone, Debug, PartialEq)]
pub struct Response {
    /// The HTTP status.
    pub status: u16,
    /// The body, or `Null` where it was empty or not JSON.
    pub body: Value,
    /// True if the answer says that it repeats an earlier one, to a request with the same idempotency key.
    pub replayed: bool,
}

/// An answer that did not come, or not in time; the request may have been done or not.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("no answer: {0}")]
pub struct NoAnswer(
    /// The reason, for people.
    pub String,
);
