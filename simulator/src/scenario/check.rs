use std::time::Duration;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;

use super::times::read;
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
    /// The part of the run that it is about; the whole of it without one.
    pub(super) during: Option<During>,
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

/// The part of a run whose requests a claim is about.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(try_from = "Value")]
pub(super) enum During {
    /// Before the first fault is laid; what ends later is left out.
    Steady,
    /// From the first fault on.
    Faults,
    /// While the fault of this name stands.
    Fault(String),
    /// This long after the fault of this name was lifted for the last time.
    Healed(String, Duration),
}

impl TryFrom<Value> for During {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        let key = |key: &str| value.get(key).and_then(Value::as_str).map(str::to_owned);
        let keys = value.as_object().map_or(0, serde_json::Map::len);
        match (value.as_str(), key("fault"), key("healed"), value.get("after")) {
            (Some("steady"), ..) => Ok(Self::Steady),
            (Some("faults"), ..) => Ok(Self::Faults),
            (None, Some(name), None, None) if keys == 1 => Ok(Self::Fault(name)),
            (None, None, Some(name), None) if keys == 1 => Ok(Self::Healed(name, Duration::ZERO)),
            (None, None, Some(name), Some(after)) if keys == 2 => Ok(Self::Healed(name, read(after)?)),
            _ => Err(format!(
                "during is {value}, wanted \"steady\", \"faults\", {{ fault = \"name\" }} or {{ healed = \"name\" }}, \
                 the last with or without after = \"1s\""
            )),
        }
    }
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
