use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use crate::{
    steps::{Errand, Template},
    topology::LogPattern,
};

/// A claim that is checked by other means than SQL.
#[derive(Clone, Debug)]
pub struct Check {
    /// The claim, in words.
    pub name: String,
    pub(super) how: How,
    pub(super) when: CheckWhen,
    /// The pause between two looks while journeys run.
    pub(super) every: Duration,
    /// The time of one look.
    pub(super) within: Duration,
}

/// The ways to check a claim.
#[derive(Clone, Debug)]
pub(super) enum How {
    /// A request to a role is answered as it must be.
    Probe {
        role: String,
        method: &'static str,
        path: Template,
        statuses: Vec<u16>,
        /// A JSON pointer, and the values of which the answer must have one there.
        value: Option<(String, Vec<Value>)>,
    },
    /// A line of a node's log matches, or none does.
    Log {
        node: String,
        pattern: LogPattern,
        must_match: bool,
    },
    /// So many in a hundred requests of the journeys are answered in less than a time.
    Latency {
        step: Option<String>,
        percentile: f64,
        below: Duration,
    },
    /// Less than a share of the requests of the journeys fails.
    Errors { step: Option<String>, below: f64 },
    /// A program ends with status 0.
    Command(Errand),
}

/// The times at which a claim is checked.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum CheckWhen {
    /// Once the system has come to rest.
    #[default]
    End,
    /// Again and again while journeys run, and at the end: it must hold each time.
    Throughout,
    /// Again and again while journeys run, and at the end: it must hold at least once.
    Once,
}
