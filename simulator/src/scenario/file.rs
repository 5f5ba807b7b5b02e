use std::{collections::BTreeMap, time::Duration};

use faults::{Effect, Selector};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    Moment,
    check::CheckWhen,
    times::{Span, Time},
};
use crate::steps::{Conditions, FaultKind, JsonTemplate, Method, Repeat, StepTable, Template, ok_only};

/// A scenario as its TOML file says it. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    pub(super) name: Spanned<String>,
    pub(super) about: String,
    pub(super) topology: String,
    pub(super) workload: WorkloadTable,
    #[serde(default)]
    pub(super) repeat: Repeat,
    #[serde(default)]
    pub(super) steady: SteadyTable,
    #[serde(default)]
    pub(super) heal: HealTable,
    #[serde(default)]
    pub(super) converge: ConvergeTable,
    #[serde(default)]
    pub(super) limits: LimitsTable,
    #[serde(default)]
    pub(super) stop: Vec<StopTable>,
    #[serde(default)]
    pub(super) killable: Vec<String>,
    #[serde(default)]
    pub(super) may_die: Vec<String>,
    #[serde(default)]
    pub(super) list: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    #[serde(default)]
    pub(super) choose: Vec<ChoiceTable>,
    #[serde(default)]
    pub(super) setup: Vec<StepTable>,
    #[serde(default)]
    pub(super) step: Vec<StepTable>,
    #[serde(default)]
    pub(super) fault: Vec<FaultTable>,
    #[serde(default)]
    pub(super) observe: Vec<ObservationTable>,
    #[serde(default)]
    pub(super) settle: Vec<ConditionTable>,
    #[serde(default)]
    pub(super) invariant: Vec<InvariantTable>,
}

/// `[workload]`: how much is done, and how patiently.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadTable {
    pub(super) count: Option<u64>,
    pub(super) concurrency: Option<usize>,
    /// In place of journeys: a program whose status must be 0.
    pub(super) command: Option<Vec<String>>,
    /// Journeys that are started in each second, whatever became of those before.
    pub(super) rate: Option<f64>,
    #[serde(default = "WorkloadTable::default_patience_ms")]
    pub(super) patience_ms: u64,
    #[serde(default = "WorkloadTable::default_answer_within_ms")]
    pub(super) answer_within_ms: u64,
}

impl WorkloadTable {
    fn default_patience_ms() -> u64 {
        30_000
    }

    fn default_answer_within_ms() -> u64 {
        5_000
    }
}

/// `[steady]`: the time, or the journeys, before the schedule of faults begins.
#[derive(Debug, Default, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct SteadyTable {
    #[serde(rename = "for")]
    pub(super) time: Option<Time>,
    pub(super) journeys: Option<u64>,
}

/// `[heal]`: the time to lift what is still laid when the journeys are over.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct HealTable {
    pub(super) within: Time,
}

impl Default for HealTable {
    fn default() -> Self {
        Self {
            within: Time(Duration::from_secs(60)),
        }
    }
}

/// `[limits]`: the time of everything, from the setup until it has come to rest.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LimitsTable {
    pub(super) total: Time,
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            total: Time(Duration::from_secs(3_600)),
        }
    }
}

/// `[[stop]]`: a condition under which the run is given up, one of the two.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct StopTable {
    /// Journeys that have failed.
    pub(super) failed_journeys: Option<u64>,
    /// The share of requests that had no answer or a wrong one, repeats included.
    pub(super) errors_above: Option<f64>,
    /// Requests before the share counts.
    pub(super) after_requests: Option<u64>,
}

/// `[converge]`: the time to come to rest once every fault is lifted.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConvergeTable {
    pub(super) within_ms: u64,
}

impl Default for ConvergeTable {
    fn default() -> Self {
        Self { within_ms: 30_000 }
    }
}

/// `[[choose]]`: one draw of each journey, `one_of` or `between`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ChoiceTable {
    pub(super) name: Spanned<String>,
    pub(super) one_of: Option<Vec<WeightedTable>>,
    /// A whole number from the first to the second, both included.
    pub(super) between: Option<(u64, u64)>,
}

/// A value and its weight, relative to its neighbours.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WeightedTable {
    pub(super) value: JsonTemplate,
    #[serde(default = "WeightedTable::default_weight")]
    pub(super) weight: u64,
}

impl WeightedTable {
    fn default_weight() -> u64 {
        1
    }
}

/// `[[fault]]`: something that goes wrong, to `node`, to one of `any_of`, to a `link` or by a `partition`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct FaultTable {
    /// The name by which reports and other faults mean it; `fault N` by default.
    pub(super) name: Option<String>,
    /// For a fault of a node.
    pub(super) kind: Option<Spanned<FaultKind>>,
    pub(super) node: Option<String>,
    pub(super) any_of: Option<Vec<String>>,
    /// For a fault of links, with `does` and `on`.
    pub(super) link: Option<Spanned<String>>,
    pub(super) does: Option<Effect>,
    pub(super) on: Option<Selector>,
    /// Two nodes that can't reach each other.
    pub(super) partition: Option<Spanned<(String, String)>>,
    /// With `partition`: only what the first sends to the second is lost.
    #[serde(default)]
    pub(super) one_way: bool,
    pub(super) at: Spanned<Moment>,
    /// The time until it is lifted.
    pub(super) lasts: Option<Span>,
    /// The time from one laying to the next, with `times`.
    pub(super) every: Option<Time>,
    /// Number of times that it is laid in all.
    pub(super) times: Option<u32>,
}

/// `[[observe]]`: a table of rows, collected over HTTP from `node` or from `nodes`.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ObservationTable {
    pub(super) table: Spanned<String>,
    /// `journey`, or a list: one request for each.
    pub(super) for_each: Option<String>,
    /// With `for_each = "journey"`: only for journeys whose variables have these values.
    #[serde(default)]
    pub(super) when: Conditions,
    pub(super) node: Option<String>,
    pub(super) nodes: Option<Vec<String>>,
    pub(super) path: Template,
    #[serde(default = "ok_only")]
    pub(super) expect: Vec<u16>,
    /// JSON pointer to the rows.
    #[serde(default)]
    pub(super) rows: String,
    /// A JSON pointer into the row, or text with `${...}`.
    #[serde(default)]
    pub(super) columns: BTreeMap<String, Template>,
    pub(super) pages: Option<PagesTable>,
}

/// `pages`: how the pages of a list are told apart.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct PagesTable {
    /// The query parameter that says which page is wanted.
    pub(super) parameter: String,
    /// JSON pointer into the last row of a page: the parameter's value for the next one.
    pub(super) last: Option<String>,
}

/// `[[settle]]`: a condition that must come true before the invariants are examined.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ConditionTable {
    pub(super) name: String,
    pub(super) pending: String,
}

/// `[[invariant]]`: a claim, with one way to check it.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct InvariantTable {
    pub(super) name: Spanned<String>,
    /// SQL that must give no rows, with `checked`.
    pub(super) violations: Option<String>,
    /// SQL for the number of things that were examined.
    pub(super) checked: Option<String>,
    #[serde(default)]
    pub(super) figures: BTreeMap<String, String>,
    /// A request that must be answered right.
    pub(super) probe: Option<ProbeTable>,
    /// A pattern that a node's log must have, or must not.
    pub(super) log: Option<LogTable>,
    /// The latency of the journeys' requests.
    pub(super) latency: Option<LatencyTable>,
    /// The share of the journeys' requests that fail.
    pub(super) errors: Option<ErrorsTable>,
    /// A program whose status must be 0.
    pub(super) command: Option<Vec<String>>,
    /// For `probe` and `command`.
    pub(super) when: Option<CheckWhen>,
    /// The pause between two looks.
    pub(super) every: Option<Time>,
    /// The time of one look.
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

/// `probe`: a request, and the answer that it must get.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ProbeTable {
    pub(super) node: String,
    #[serde(default)]
    pub(super) method: Method,
    pub(super) path: Template,
    #[serde(default = "ok_only")]
    pub(super) status: Vec<u16>,
    pub(super) pointer: Option<String>,
    pub(super) one_of: Option<Vec<Value>>,
}

/// `log`: a regular expression for a line of a node's output.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LogTable {
    pub(super) node: String,
    pub(super) must: Option<String>,
    pub(super) must_not: Option<String>,
}

/// `latency`: a percentile of the journeys' requests, or of those of one step.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct LatencyTable {
    pub(super) step: Option<String>,
    pub(super) percentile: f64,
    pub(super) below: Time,
}

/// `errors`: the share of the journeys' requests, or of those of one step, without an answer or with a wrong one.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ErrorsTable {
    pub(super) step: Option<String>,
    pub(super) below: f64,
}
