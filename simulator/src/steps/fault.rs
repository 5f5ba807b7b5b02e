use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Something that goes wrong: what happens, and to which part of the system.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Fault {
    /// The name, unique in the run.
    pub name: String,
    /// The kind of fault.
    pub kind: FaultKind,
    /// The part of the system that it hits.
    #[serde(flatten)]
    pub target: Target,
    /// The faults that it lays on links; none for a fault of a node.
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub links: Vec<LinkFault>,
    /// The point in the code of the node at which it dies; present for a crash only.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<FailPoint>,
}

/// A named point in the code of a node, and the pass there that ends the process. Displayed as `NAME:N`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FailPoint {
    /// The name, as the program lists it.
    pub name: String,
    /// The pass, from 1, counted from when the fault is laid.
    pub nth: u64,
}

impl fmt::Display for FailPoint {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.nth)
    }
}

/// A fault of the fault proxy, and the links that it is laid on.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct LinkFault {
    /// The links, as [`LinkName`](crate::topology::LinkName) has them.
    pub link: String,
    /// The traffic it is laid on, and the effect.
    pub fault: faults::Fault,
}

/// The kinds of faults. Files name those of nodes by `kind`.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
#[non_exhaustive]
pub enum FaultKind {
    /// The node dies at once (`SIGKILL`); lifted, it is started again.
    Kill,
    /// The node dies at a named point of its code, as by `kill -9`; lifted, it is started again.
    Crash,
    /// The node's processes stand still (`SIGSTOP`); lifted, they go on.
    Pause,
    /// The node is asked to end, as when its topology goes down; lifted, it is started again.
    Stop,
    /// The node is asked to end, and started again at once.
    Restart,
    /// The node's disk is full.
    DiskFull,
    /// The node's disk takes no writes.
    DiskReadOnly,
    /// The node's disk is slow.
    SlowDisk,
    /// The node's clock goes wrong.
    ClockOffset,
    /// The traffic of links is disturbed.
    #[serde(skip_deserializing)]
    Link,
    /// Two nodes can't reach each other.
    #[serde(skip_deserializing)]
    Partition,
}

impl FaultKind {
    /// The fault as something that is to be done, such as `kill`.
    pub fn to_do(self) -> &'static str {
        match self {
            Self::Kill => "kill",
            Self::Crash => "crash",
            Self::Pause => "pause",
            Self::Stop => "stop",
            Self::Restart => "restart",
            Self::DiskFull => "fill the disk of",
            Self::DiskReadOnly => "make read-only the disk of",
            Self::SlowDisk => "slow down the disk of",
            Self::ClockOffset => "set the clock of",
            Self::Link => "disturb",
            Self::Partition => "cut",
        }
    }

    /// The fault as something that was done, such as `killed`.
    pub fn done(self) -> &'static str {
        match self {
            Self::Kill => "killed",
            Self::Crash => "crashed",
            Self::Pause => "paused",
            Self::Stop => "stopped",
            Self::Restart => "restarted",
            Self::DiskFull => "filled the disk of",
            Self::DiskReadOnly => "made read-only the disk of",
            Self::SlowDisk => "slowed down the disk of",
            Self::ClockOffset => "set the clock of",
            Self::Link => "disturbed",
            Self::Partition => "cut",
        }
    }

    /// True for a fault of links, which is judged by the traffic that it met.
    pub fn is_of_links(self) -> bool {
        matches!(self, Self::Link | Self::Partition)
    }
}

/// A part of the system that a fault can hit.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The node of this name, which bears one fault at a time.
    Node(String),
    /// The links of this name, as [`LinkName`](crate::topology::LinkName) has them.
    Link(String),
    /// The links between these two nodes.
    Partition(String, String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name) => f.write_str(name),
            Self::Link(name) => write!(f, "link {name}"),
            Self::Partition(one, other) => write!(f, "{one} off from {other}"),
        }
    }
}

/// Answer of a world to the question if it can lay a fault.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Support {
    /// It can.
    Supported,
    /// It can lay something that is close to it.
    Approximated(
        /// The difference, for people.
        String,
    ),
    /// It can't, now or later.
    Refused(
        /// The reason, for people.
        String,
    ),
}

/// Traffic that a fault met on one link while it stood: connections, or HTTP requests for the effects on those.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct LinkTraffic {
    /// The link.
    pub link: String,
    /// Number that it met, before chance.
    pub met: u64,
    /// Number on which it acted.
    pub fired: u64,
    /// Number that chance spared.
    pub spared: u64,
    /// Number on which an earlier fault of its kind acted in its place.
    pub masked: u64,
    /// Number on which it can't act, such as connections that do not speak HTTP/1.
    pub unfit: u64,
}

impl fmt::Display for LinkTraffic {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: met {}, acted on {}", self.link, self.met, self.fired)?;
        let others = [
            (self.spared, "spared by chance"),
            (self.masked, "masked by an earlier fault"),
            (self.unfit, "unfit"),
        ];
        for (number, what) in others.iter().filter(|(number, _)| *number > 0) {
            write!(f, ", {number} {what}")?;
        }
        Ok(())
    }
}

/// The part of the system that had to do with a node while a fault of it stood.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub enum Met {
    /// Traffic on all links to the node and from it, front doors too.
    Traffic {
        /// Connections that were open when the fault was laid, or began while it stood.
        connections: u64,
        /// HTTP/1 requests that began while it stood.
        requests: u64,
    },
    /// It can't be seen.
    Unseen {
        /// The reason, and what is known in its place, for people.
        unseen: String,
    },
}

impl Met {
    /// True if there was no traffic at all, as far as that can be seen.
    pub fn is_nothing(&self) -> bool {
        matches!(
            self,
            Self::Traffic {
                connections: 0,
                requests: 0
            }
        )
    }
}

impl fmt::Display for Met {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let many = |number: u64, what: &str| match number {
            1 => format!("1 {what}"),
            _ => format!("{number} {what}s"),
        };
        match self {
            Self::Traffic { connections, requests } => {
                write!(
                    f,
                    "met {}, {}",
                    many(*connections, "connection"),
                    many(*requests, "request")
                )
            }
            Self::Unseen { unseen } => f.write_str(unseen),
        }
    }
}

/// All that has passed one link.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LinkCounts {
    /// The link.
    pub link: String,
    /// Number of connections.
    pub connections: u64,
    /// Number of HTTP/1 requests.
    pub requests: u64,
}

/// The reason why a fault could not be laid.
#[derive(Clone, Debug, PartialEq, Eq, Error)]
pub enum NotLaid {
    /// The world can't do that to this target, now or later.
    #[error("{0}")]
    Refused(
        /// The reason, for people.
        String,
    ),
    /// The world can do it, tried, and failed.
    #[error("{0}")]
    Failed(
        /// The reason, for people.
        String,
    ),
}
