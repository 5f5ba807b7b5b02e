use std::collections::BTreeMap;

use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    check::{CheckWhen, During},
    schema::{self, POINTER, one_of},
    times::Time,
};
use crate::steps::{Method, Template, ok_only};

/// Claim, with one way to check it: SQL (`violations`, `checked`), `probe`, `log`, `latency`, `errors` or `command`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Invariant", transform = schema::invariant)]
pub(super) struct InvariantTable {
    /// Claim in words.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// SQL that must give no rows; the rows it gives are the evidence.
    pub(super) violations: Option<String>,
    /// SQL for the number of things that were examined. Zero proves nothing.
    pub(super) checked: Option<String>,
    /// SQL for numbers worth showing: one value each.
    #[serde(default)]
    pub(super) figures: BTreeMap<String, String>,
    /// Request that must be answered right.
    pub(super) probe: Option<ProbeTable>,
    /// Pattern that a line of a node's log must have, or must not.
    pub(super) log: Option<LogTable>,
    /// Latency of the journeys' requests.
    pub(super) latency: Option<LatencyTable>,
    /// Share of the journeys' requests that fail.
    pub(super) errors: Option<ErrorsTable>,
    /// Part of the run whose requests or lines a `latency`, `errors` or `log` is about: `"steady"` (all that ends
    /// before the first fault is laid), `"faults"` (from then on), `{ fault = "name" }` (while it stands), or
    /// `{ healed = "name" }` (once it was lifted for the last time), with or without `after`. The whole run where the
    /// key is missing.
    #[serde(default)]
    #[schemars(schema_with = "schema::during")]
    pub(super) during: Option<During>,
    /// Program and its arguments, whose status must be 0; run as that of a workload.
    #[schemars(length(min = 1))]
    pub(super) command: Option<Vec<String>>,
    /// Times at which a `probe` or `command` is looked at.
    pub(super) when: Option<CheckWhen>,
    /// Pause between two looks while journeys run; 100 ms where the key is missing.
    #[schemars(with = "Option<schema::TimeText>")]
    pub(super) every: Option<Time>,
    /// Time of one look: 5 s for a `probe`, 60 s for a `command` where the key is missing.
    #[schemars(with = "Option<schema::TimeText>")]
    pub(super) within: Option<Time>,
}

impl InvariantTable {
    /// Number of ways other than SQL.
    pub(super) fn kinds(&self) -> usize {
        let kinds = [
            self.probe.is_some(),
            self.log.is_some(),
            self.latency.is_some(),
            self.errors.is_some(),
            self.command.is_some(),
        ];
        kinds.into_iter().filter(|is_there| *is_there).count()
    }
}

/// Request, and the answer that it must get.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Probe", extend("dependencies" = schema::pairs(&[("pointer", "one_of"), ("one_of", "pointer")])))]
pub(super) struct ProbeTable {
    /// Role or node that is asked.
    pub(super) node: String,
    /// Method of the request.
    #[serde(default)]
    pub(super) method: Method,
    /// Path and query, from `/`; may name `${seed}` and `${run}`.
    #[schemars(with = "String", extend("pattern" = "^/"))]
    pub(super) path: Template,
    /// Statuses that are right.
    #[serde(default = "ok_only")]
    #[schemars(length(min = 1))]
    pub(super) status: Vec<u16>,
    /// JSON pointer to a value of the answer, with `one_of`.
    #[schemars(extend("pattern" = POINTER))]
    pub(super) pointer: Option<String>,
    /// Values of which the answer must have one there.
    #[schemars(length(min = 1))]
    pub(super) one_of: Option<Vec<Value>>,
}

/// Regular expression for a line of a node's output: `must` or `must_not`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Log", extend("oneOf" = one_of(&["must", "must_not"])))]
pub(super) struct LogTable {
    /// Node or role, all instances of it.
    pub(super) node: String,
    /// Pattern that one line has, in the syntax of the crate `regex`.
    pub(super) must: Option<String>,
    /// Pattern that no line has.
    pub(super) must_not: Option<String>,
}

/// Latency that so many in a hundred requests of the journeys must not reach.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Latency")]
pub(super) struct LatencyTable {
    /// Step whose requests are meant; all where the key is missing.
    pub(super) step: Option<String>,
    /// Number in a hundred, such as 99.
    #[schemars(range(max = 100), extend("exclusiveMinimum" = 0))]
    pub(super) percentile: f64,
    /// Time that they must be below.
    #[schemars(with = "schema::TimeText")]
    pub(super) below: Time,
}

/// Share of the journeys' requests without an answer, or with a wrong one.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Errors")]
pub(super) struct ErrorsTable {
    /// Step whose requests are meant; all where the key is missing.
    pub(super) step: Option<String>,
    /// Share that it must be below, such as 0.01.
    #[schemars(range(max = 1), extend("exclusiveMinimum" = 0))]
    pub(super) below: f64,
}
