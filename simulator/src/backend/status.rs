use std::{fmt, net::SocketAddr, time::Duration};

use serde::Serialize;

/// A node as it is now.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[non_exhaustive]
pub struct NodeStatus {
    /// Its name.
    pub name: String,
    /// How it is.
    pub state: NodeState,
    /// Its stable addresses from outside, by the names of its ports, in the order of the topology.
    pub addresses: Vec<(String, SocketAddr)>,
    /// Its process, while there is one.
    pub pid: Option<u32>,
    /// HTTP requests that its callers and the outside sent it, all its ports together, as
    /// [`faults::Counts::requests`] counts them.
    pub requests: u64,
    /// Connections that its callers and the outside opened to it.
    pub connections: u64,
}

/// How a node is.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case", tag = "state", content = "how")]
#[non_exhaustive]
pub enum NodeState {
    /// What it needs is not ready yet.
    Waiting,
    /// Its process runs and is not ready yet.
    Starting,
    /// It was ready when last asked, and its process runs.
    Ready,
    /// Its process ended by itself, or something other than `seam` ended it; says how.
    Died(String),
    /// `seam` killed it on purpose.
    Killed,
    /// `seam` stopped it, as the topology goes down.
    Stopped,
}

impl NodeState {
    /// Whether there is no process any more.
    pub fn is_over(&self) -> bool {
        matches!(self, Self::Died(_) | Self::Killed | Self::Stopped)
    }
}

impl fmt::Display for NodeState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Waiting => f.write_str("waiting"),
            Self::Starting => f.write_str("starting"),
            Self::Ready => f.write_str("ready"),
            Self::Died(how) => write!(f, "died: {how}"),
            Self::Killed => f.write_str("killed"),
            Self::Stopped => f.write_str("stopped"),
        }
    }
}

pub(super) fn seconds(duration: Duration) -> String {
    format!("{:.2} s", duration.as_secs_f64())
}
