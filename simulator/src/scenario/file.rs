use std::collections::BTreeMap;

use faults::{Effect, Selector};
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    Invariant, Moment,
    times::{Span, Time},
};
use crate::steps::{Conditions, FaultKind, JsonTemplate, Repeat, StepTable, Template, ok_only};

/// A scenario as its TOML file says it. Unknown keys are refused.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct ScenarioFile {
    pub(super) name: Spanned<String>,
    pub(super) about: String,
    pub(super) topology: String,
    /// Files whose entries belong to this scenario too; paths lead from the folder of its file.
    #[serde(default)]
    pub(super) include: Vec<String>,
    pub(super) workload: WorkloadTable,
    #[serde(default)]
    pub(super) repeat: Repeat,
    #[serde(default)]
    pub(super) converge: ConvergeTable,
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
    pub(super) invariant: Vec<Invariant>,
}

/// A file that scenarios include: entries that several of them share.
#[derive(Debug, Default, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub(super) struct PartFile {
    pub(super) list: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    pub(super) choose: Vec<ChoiceTable>,
    pub(super) setup: Vec<StepTable>,
    pub(super) step: Vec<StepTable>,
    pub(super) observe: Vec<ObservationTable>,
    pub(super) settle: Vec<ConditionTable>,
    pub(super) invariant: Vec<Invariant>,
}

/// `[workload]`: how much is done, and how patiently.
#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct WorkloadTable {
    pub(super) count: u64,
    pub(super) concurrency: usize,
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
