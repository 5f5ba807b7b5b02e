use std::{collections::BTreeMap, time::Duration};

use faults::{Effect, Selector};
use schemars::JsonSchema;
use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use super::{
    Moment,
    file_checks::InvariantTable,
    schema::{self, Identifier, POINTER, identifiers, one_of, required},
    times::{Span, Time},
};
use crate::steps::{Conditions, FaultKind, JsonTemplate, Repeat, StepTable, Template, ok_only};

/// A scenario: a workload, faults, and invariants that must hold. Names of lists, tables, choices, columns and saved
/// variables have lower-case letters, digits and `_`, a letter first.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Scenario of seam", extend("required" = required()), transform = schema::workload_or_command)]
pub(super) struct ScenarioFile {
    /// Name of the scenario.
    #[schemars(with = "String")]
    pub(super) name: Spanned<String>,
    /// Sentence on what the scenario proves.
    pub(super) about: String,
    /// Topology that it runs on unless another is given: a name, or a path from the scenario's file.
    pub(super) topology: String,
    /// Files whose entries belong to this scenario too, before its own: `[list]`, `[[choose]]`, `[[setup]]`,
    /// `[[step]]`, `[[observe]]`, `[[settle]]` and `[[invariant]]`; they have no other keys. Paths lead from the folder
    /// of this file. An entry of this file takes the place of an included one of the same name.
    #[serde(default)]
    pub(super) include: Vec<String>,
    /// Amount of what is done, and its patience.
    pub(super) workload: WorkloadTable,
    /// Answers that mean: send the same request again. No answer always means that.
    #[serde(default)]
    pub(super) repeat: Repeat,
    /// Part of the run before the schedule of faults begins.
    #[serde(default)]
    pub(super) steady: SteadyTable,
    /// Time to lift what is still laid when the journeys are over.
    #[serde(default)]
    pub(super) heal: HealTable,
    /// Time to come to rest once every fault is lifted.
    #[serde(default)]
    pub(super) converge: ConvergeTable,
    /// Limit on everything.
    #[serde(default)]
    pub(super) limits: LimitsTable,
    /// Conditions under which the run is given up, which fails it. 20 failed journeys are one where no other number is
    /// given.
    #[serde(default)]
    pub(super) stop: Vec<StopTable>,
    /// Roles or nodes that `--kill any` chooses from.
    #[serde(default)]
    pub(super) killable: Vec<String>,
    /// Nodes whose end without a fault does not fail the run.
    #[serde(default)]
    pub(super) may_die: Vec<String>,
    /// Lists of things by name, each a table of the same name in the queries. `[[list.NAME]]` is one thing with its
    /// fields.
    #[schemars(extend("propertyNames" = identifiers()))]
    #[serde(default)]
    pub(super) list: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// Draws of each journey in order, which become variables. A later one may name earlier ones.
    #[serde(default)]
    pub(super) choose: Vec<ChoiceTable>,
    /// Requests that are sent before the journeys.
    #[serde(default)]
    pub(super) setup: Vec<StepTable>,
    /// Steps of each journey in order; at least one, included ones counted, unless the workload is a command.
    #[serde(default)]
    pub(super) step: Vec<StepTable>,
    /// Faults that are laid while the journeys run.
    #[serde(default)]
    pub(super) fault: Vec<FaultTable>,
    /// Tables that are collected over HTTP when the journeys are over.
    #[serde(default)]
    pub(super) observe: Vec<ObservationTable>,
    /// Conditions that must come true before the invariants are examined.
    #[serde(default)]
    pub(super) settle: Vec<ConditionTable>,
    /// Claims that must hold; at least one, included ones counted, unless the workload is a command.
    #[serde(default)]
    pub(super) invariant: Vec<InvariantTable>,
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
    pub(super) invariant: Vec<InvariantTable>,
}

/// Amount of what is done, and its patience.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Workload", transform = schema::workload)]
pub(super) struct WorkloadTable {
    /// Journeys in all.
    #[schemars(range(min = 1))]
    pub(super) count: Option<u64>,
    /// Journeys at a time; with `rate` at most.
    #[schemars(range(min = 1))]
    pub(super) concurrency: Option<usize>,
    /// Journeys that are started in each second, whatever became of those before. One that starts late counts from when
    /// it should have started. Where the key is missing, each starts as soon as another has ended.
    #[schemars(range(max = 100000), extend("exclusiveMinimum" = 0))]
    pub(super) rate: Option<f64>,
    /// Program and its arguments in place of journeys, run in the folder of the scenario with the front doors in its
    /// environment (`SEAM_URL_ORDERS`), `SEAM_SEED` and `SEAM_RUN`. Its status must be 0.
    #[schemars(length(min = 1))]
    pub(super) command: Option<Vec<String>>,
    /// Milliseconds that one step may take in all, repeats included.
    #[serde(default = "WorkloadTable::default_patience_ms")]
    pub(super) patience_ms: u64,
    /// Milliseconds that one request may wait for its answer.
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

/// Part of the run before the schedule of faults begins.
#[derive(Debug, Default, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Steady")]
pub(super) struct SteadyTable {
    /// Time from the first journey on, or from the end of `journeys`.
    #[serde(rename = "for")]
    #[schemars(with = "Option<schema::TimeText>")]
    pub(super) time: Option<Time>,
    /// Journeys that are started before a fault may be laid.
    pub(super) journeys: Option<u64>,
}

/// Time to lift what is still laid when the journeys are over.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Heal")]
pub(super) struct HealTable {
    /// Time after which a fault counts as not healed; 60 s where the table is missing.
    #[schemars(with = "schema::TimeText")]
    pub(super) within: Time,
}

impl Default for HealTable {
    fn default() -> Self {
        Self {
            within: Time(Duration::from_secs(60)),
        }
    }
}

/// Limit on everything.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Limits")]
pub(super) struct LimitsTable {
    /// Time after which the run is given up, from the setup until all has come to rest; 1 h where the table is missing.
    #[schemars(with = "schema::TimeText")]
    pub(super) total: Time,
}

impl Default for LimitsTable {
    fn default() -> Self {
        Self {
            total: Time(Duration::from_secs(3_600)),
        }
    }
}

/// Condition under which the run is given up: `failed_journeys` or `errors_above`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Stop", transform = schema::stop)]
pub(super) struct StopTable {
    /// Journeys that have failed.
    #[schemars(range(min = 1))]
    pub(super) failed_journeys: Option<u64>,
    /// Share of requests that had no answer or a wrong one, repeats included.
    #[schemars(range(min = 0), extend("exclusiveMaximum" = 1))]
    pub(super) errors_above: Option<f64>,
    /// Requests before the share counts; 20 where the key is missing.
    pub(super) after_requests: Option<u64>,
}

/// Time to come to rest once every fault is lifted.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Converge")]
pub(super) struct ConvergeTable {
    /// Milliseconds until the conditions of `settle` must hold.
    pub(super) within_ms: u64,
}

impl Default for ConvergeTable {
    fn default() -> Self {
        Self { within_ms: 30_000 }
    }
}

/// Draw of each journey from its seed: `one_of` or `between`.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Choice", extend("oneOf" = one_of(&["one_of", "between"])))]
pub(super) struct ChoiceTable {
    /// Name of the variable.
    #[schemars(with = "Identifier")]
    pub(super) name: Spanned<String>,
    /// Values, one of which is drawn.
    #[schemars(length(min = 1))]
    pub(super) one_of: Option<Vec<WeightedTable>>,
    /// Whole number from the first to the second, both included.
    pub(super) between: Option<(u64, u64)>,
}

/// Value and its weight, relative to its neighbours.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Weighted")]
pub(super) struct WeightedTable {
    /// Value of any type; texts in it may name variables as `${name}`.
    #[schemars(with = "Value")]
    pub(super) value: JsonTemplate,
    /// Weight of the value.
    #[serde(default = "WeightedTable::default_weight")]
    pub(super) weight: u64,
}

impl WeightedTable {
    fn default_weight() -> u64 {
        1
    }
}

/// Fault: something that goes wrong. One of `kind`, `link` and `partition` says what it hits.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Fault", transform = schema::fault)]
pub(super) struct FaultTable {
    /// Name by which reports and other faults mean it, and from which chance on links derives; `fault N` where the key
    /// is missing.
    #[schemars(length(min = 1, max = 70))]
    pub(super) name: Option<String>,
    /// Kind of a fault of a node, with `node` or `any_of`. FAULTS.md says which the backend can lay.
    #[schemars(with = "Option<FaultKind>")]
    pub(super) kind: Option<Spanned<FaultKind>>,
    /// Role or node that is hit.
    pub(super) node: Option<String>,
    /// Roles or nodes of which the seed draws one.
    #[schemars(length(min = 1))]
    pub(super) any_of: Option<Vec<String>>,
    /// Point of the node's code at which a `crash` comes, such as `payments.charge.after_capture`; the program lists
    /// its points when it is run with `--fail-points`.
    #[schemars(extend("pattern" = r"^[^\s:]+$"))]
    pub(super) point: Option<String>,
    /// Pass of the point that ends the process, counted from `at`; the first where the key is missing.
    #[schemars(range(min = 1))]
    pub(super) nth: Option<u64>,
    /// Links of a fault of links, with `does`: `orders -> payments`, `orders -> payments:admin` for one of several
    /// ports, `*` for any caller, `outside` for the front door, through which steps and observations go. Instances are
    /// meant together, or by name: `web-2 -> store`.
    #[schemars(with = "Option<String>")]
    pub(super) link: Option<Spanned<String>>,
    /// Effect on the links.
    pub(super) does: Option<Effect>,
    /// Traffic of the links that it is laid on; all of it where the key is missing.
    pub(super) on: Option<Selector>,
    /// Two nodes that can't reach each other, either way.
    #[schemars(with = "Option<(String, String)>")]
    pub(super) partition: Option<Spanned<(String, String)>>,
    /// Loses only what the first node of a `partition` sends to the second.
    #[serde(default)]
    pub(super) one_way: bool,
    /// Moment at which it is laid, for a `crash` from which the point counts: a fraction of the journeys that have been
    /// started, `"random"`, or one of `{ journey = 50 }`, `{ after = "2s" }`, `{ ready = "node" }` and `{ fault =
    /// "name" }`, the last two with or without `after`.
    #[schemars(schema_with = "schema::moment")]
    pub(super) at: Spanned<Moment>,
    /// Time until it is lifted, or two between which one is drawn in whole milliseconds. A kill or a crash lasts 50 to
    /// 300 ms where the key is missing, all others until the last journey is over. A restart has none.
    #[schemars(with = "Option<schema::SpanText>")]
    pub(super) lasts: Option<Span>,
    /// Time from one laying to the next, with `times`.
    #[schemars(with = "Option<schema::TimeText>")]
    pub(super) every: Option<Time>,
    /// Number of times that it is laid in all; once where the key is missing.
    #[schemars(range(min = 1, max = 1000))]
    pub(super) times: Option<u32>,
}

/// Table of rows, collected over HTTP from `node` or from `nodes`. It has the columns `journey` and `doc` (the row as
/// JSON) beside its own.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Observation", extend("oneOf" = one_of(&["node", "nodes"])))]
pub(super) struct ObservationTable {
    /// Name of the table.
    #[schemars(with = "Identifier")]
    pub(super) table: Spanned<String>,
    /// Source of the requests: `journey` or the name of a list, with one request for each. One request in all where the
    /// key is missing.
    pub(super) for_each: Option<String>,
    /// Values that the variables of a journey must have; with `for_each = "journey"`.
    #[serde(default)]
    pub(super) when: Conditions,
    /// Role or node that is asked.
    pub(super) node: Option<String>,
    /// Roles or nodes that are asked; one that plays several of them is asked once.
    #[schemars(length(min = 1))]
    pub(super) nodes: Option<Vec<String>>,
    /// Path and query, from `/`.
    #[schemars(with = "String", extend("pattern" = "^/"))]
    pub(super) path: Template,
    /// Statuses that are right.
    #[serde(default = "ok_only")]
    pub(super) expect: Vec<u16>,
    /// JSON pointer to the rows: an array gives one each, anything else is one.
    #[schemars(extend("pattern" = POINTER))]
    #[serde(default)]
    pub(super) rows: String,
    /// Columns by name: a JSON pointer into the row, a text with `${name}` in it, or one `${name}`, which keeps its
    /// type.
    #[schemars(with = "BTreeMap<String, String>", extend("propertyNames" = identifiers()))]
    #[serde(default)]
    pub(super) columns: BTreeMap<String, Template>,
    /// Pages of a list; one answer has all where the key is missing.
    pub(super) pages: Option<PagesTable>,
}

/// Way from one page of a list to the next; reading ends at the first page without rows.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Pages")]
pub(super) struct PagesTable {
    /// Query parameter that says which page is wanted: its number, from 1, where `last` is missing.
    pub(super) parameter: String,
    /// JSON pointer into the last row of a page: the parameter's value for the next one; 0 for the first.
    #[schemars(extend("pattern" = POINTER))]
    pub(super) last: Option<String>,
}

/// Condition that must come true before the invariants are examined.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Condition")]
pub(super) struct ConditionTable {
    /// Condition in words.
    pub(super) name: String,
    /// SQL for what is still pending; asked again and again until it gives no rows.
    pub(super) pending: String,
}
