use std::collections::BTreeMap;

use faults::{Effect, Selector};
use schemars::JsonSchema;
use seam::launch::Dial;
use serde::Deserialize;

use crate::scenario::{Span, SpanText, Time, TimeText};

/// A plan of a rehearsal: a module is taken out of one node into another, step by step, while a scenario's journeys go
/// on.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(title = "Plan of a rehearsal of seam")]
pub(super) struct PlanFile {
    /// Version of the form of this file: 1.
    #[schemars(extend("const" = 1))]
    pub(super) version: u64,
    /// Name of the plan.
    pub(super) name: String,
    /// Sentence on what is taken out of what.
    pub(super) about: String,
    /// Scenario whose journeys go on all the time and whose invariants must hold: a path from this file, or a name. It
    /// has no faults of its own.
    pub(super) scenario: String,
    /// The dark launch of the module.
    pub(super) launch: LaunchTable,
    /// The rows of the module and the duty to act with them.
    pub(super) handover: HandoverTable,
    /// Claim that the gate has to see proven before each next step.
    #[serde(default)]
    pub(super) claim: ClaimTable,
    /// Time that a step may take from its beginning to the gate's decision to go on; after that the rehearsal ends
    /// INCONCLUSIVE.
    #[serde(default = "step_within")]
    #[schemars(with = "TimeText")]
    pub(super) step_within: Time,
    /// Defects of which the seed chooses one, to be planted before the first step.
    pub(super) control: ControlTable,
    /// Nodes of which the seed chooses one, to be killed in a step that it chooses too.
    pub(super) kill: Option<KillTable>,
    /// False leaves out the step back that the seed chooses.
    #[serde(default = "yes")]
    pub(super) roll_back: bool,
    /// Steps in their order: `backfill`, `shadow`, `serve` with ever larger shares up to 100 %, `switch`,
    /// `reverse_shadow` if it is wanted, `complete`.
    pub(super) step: Vec<StepTable>,
}

/// The dark launch of the module.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Launch")]
pub(super) struct LaunchTable {
    /// Role or node that answers at `/admin/launch`.
    pub(super) node: String,
    /// Name of the launch there.
    pub(super) name: String,
    /// Variable of the topology that holds the token of the operators. Each rehearsal gives it a new value.
    pub(super) token: String,
}

/// The rows of the module and the duty to act with them.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Handover")]
pub(super) struct HandoverTable {
    /// Name of the module at `/admin/handover`.
    pub(super) module: String,
    /// Role or node that has the module's rows at first.
    pub(super) from: String,
    /// Role or node that is to have them.
    pub(super) to: String,
    /// Pause between two copies that keep the side current which does not act.
    #[serde(default = "copy_every")]
    #[schemars(with = "TimeText")]
    pub(super) copy_every: Time,
}

/// Claim that the gate has to see proven before each next step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
#[schemars(rename = "Claim")]
pub(super) struct ClaimTable {
    /// Share of calls that may differ. Zero mismatches in n comparisons show a share below 3/n, so 0.05 takes 60
    /// comparisons of each method.
    #[schemars(extend("exclusiveMinimum" = 0), range(max = 1))]
    pub(super) mismatches_below: f64,
    /// Share of shadow calls that may have been left out.
    #[schemars(extend("exclusiveMinimum" = 0), range(max = 1))]
    pub(super) left_out_below: f64,
    /// Methods that need no comparisons, each with the reason.
    pub(super) exempt: BTreeMap<String, String>,
}

impl Default for ClaimTable {
    fn default() -> Self {
        Self {
            mismatches_below: 0.001,
            left_out_below: 0.05,
            exempt: BTreeMap::new(),
        }
    }
}

/// Defects of which the seed chooses one, to be planted before the first step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Control")]
pub(super) struct ControlTable {
    /// Link from the node with the launch to the candidate, such as `monolith -> payments`.
    pub(super) link: String,
    /// Time within which the gate has to name a defect.
    #[serde(default = "caught_within")]
    #[schemars(with = "TimeText")]
    pub(super) within: Time,
    /// The defects; at least one.
    #[schemars(length(min = 1))]
    pub(super) defect: Vec<DefectTable>,
}

/// Defect of the candidate, as a fault on the link to it.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Defect")]
pub(super) struct DefectTable {
    /// Name of the defect.
    pub(super) name: String,
    /// Traffic that it acts on.
    #[serde(default)]
    pub(super) on: Selector,
    /// Effect of the fault proxy, as in `does` of a scenario's fault.
    pub(super) does: Effect,
    /// Texts that one reason of the gate must hold, all of them, such as the method and the field.
    #[schemars(length(min = 1))]
    pub(super) named: Vec<String>,
}

/// Nodes of which the seed chooses one, to be killed in a step that it chooses too.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "Kill")]
pub(super) struct KillTable {
    /// Roles or nodes; at least one.
    #[schemars(length(min = 1))]
    pub(super) nodes: Vec<String>,
    /// Time until it is started again.
    #[serde(default = "kill_lasts")]
    #[schemars(with = "SpanText")]
    pub(super) lasts: Span,
}

/// One step.
#[derive(Debug, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
#[schemars(rename = "RehearsalStep")]
pub(super) struct StepTable {
    /// What it does.
    pub(super) does: StepKind,
    /// Share of the keys that the candidate answers, such as `5 %`; for `serve`.
    #[schemars(with = "Option<String>")]
    pub(super) served: Option<Dial>,
    /// Share of the keys whose calls go to both sides, by default `100 %`; for `shadow` and `serve`.
    #[schemars(with = "Option<String>")]
    pub(super) shadowed: Option<Dial>,
    /// Rows that the history has before the first copy is judged, by default 1; for `backfill`. Journeys make them.
    pub(super) rows: Option<u64>,
    /// Time limit in place of `step_within`.
    #[schemars(with = "Option<TimeText>")]
    pub(super) within: Option<Time>,
}

/// Kinds of steps.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
#[schemars(inline)]
pub(super) enum StepKind {
    /// Copies all rows to the other side, and keeps it current from then on.
    Backfill,
    /// Sends reads to both sides, and compares the answers.
    Shadow,
    /// Has the candidate answer a share of the keys; the other side is compared with it.
    Serve,
    /// Moves the duty to act to the other side, and keeps the first one current from then on.
    Switch,
    /// Compares once more, now that the candidate acts and the old side is the shadow.
    ReverseShadow,
    /// Lets the candidate answer alone.
    Complete,
}

fn yes() -> bool {
    true
}

fn step_within() -> Time {
    Time(std::time::Duration::from_secs(30))
}

fn caught_within() -> Time {
    Time(std::time::Duration::from_secs(15))
}

fn copy_every() -> Time {
    Time(std::time::Duration::from_millis(200))
}

fn kill_lasts() -> Span {
    Span {
        low: std::time::Duration::from_millis(50),
        high: std::time::Duration::from_millis(300),
    }
}
