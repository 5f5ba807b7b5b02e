use std::{
    fmt,
    net::SocketAddr,
    time::{Duration, Instant},
};

use serde::Serialize;

/// Status of a node at one moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeStatus {
    /// The node's name.
    pub name: String,
    /// The node's state.
    pub state: NodeState,
    /// Stable addresses from outside, by the names of the node's ports, in the order of the topology.
    pub addresses: Vec<(String, SocketAddr)>,
    /// Process id, while the node runs.
    pub pid: Option<u32>,
    /// HTTP requests to the node from outside and over all links, on all its ports, as
    /// [`faults::Counts::requests`] counts them.
    pub requests: u64,
    /// Connections to the node from outside and over all links, on all its ports.
    pub connections: u64,
}

/// End of a node that was ready, without `seam` asking for it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Death {
    /// The node's name.
    pub node: String,
    /// Exit status or signal, as text.
    pub how: String,
    /// Moment of the end.
    pub at: Instant,
    /// Last lines of the node's log, without secrets.
    pub tail: Vec<String>,
}

/// State of a node.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "how")]
#[non_exhaustive]
pub enum NodeState {
    /// Not started: a node that it needs is not ready yet.
    Waiting,
    /// Started, and not ready yet.
    Starting,
    /// Running; the last readiness check succeeded.
    Ready,
    /// Ended with status 0, as a node that runs once should.
    Done,
    /// Ended without `seam` asking for it, either by itself or by another program. The text is the exit status or
    /// signal.
    Died(String),
    /// Killed by `seam`, as a scenario's fault does.
    Killed,
    /// Dead at the point of its code that a scenario's fault names.
    Crashed,
    /// Stopped by `seam` because the topology goes down.
    Stopped,
}

impl NodeState {
    /// True once nothing of the node runs any more.
    pub fn is_over(&self) -> bool {
        matches!(
            self,
            Self::Done | Self::Died(_) | Self::Killed | Self::Crashed | Self::Stopped
        )
    }

    /// True once a node that needs this one may start.
    pub fn serves(&self) -> bool {
        matches!(self, Self::Ready | Self::Done)
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Starting => f.write_str("starting"),
            Self::Ready => f.write_str("ready"),
            Self::Done => f.write_str("done"),
            Self::Died(how) => write!(f, "died: {how}"),
            Self::Killed => f.write_str("killed"),
            Self::Crashed => f.write_str("crashed"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

pub(crate) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
