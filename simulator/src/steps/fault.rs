use std::fmt;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use thiserror::Error;

/// Something that goes wrong: what happens, and to which part of the system.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Fault {
    /// The kind of fault.
    pub kind: FaultKind,
    /// The part of the system that it hits.
    #[serde(flatten)]
    pub target: Target,
}

/// The kinds of faults.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub enum FaultKind {
    /// The node dies at once (`SIGKILL`); lifted, it is started again.
    Kill,
}

/// A part of the system that a fault can hit. One target bears one fault at a time.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Target {
    /// The node of this name.
    Node(String),
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Node(name) => f.write_str(name),
        }
    }
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
