use std::collections::BTreeMap;

use serde::Deserialize;
use serde_json::Value;
use toml::Spanned;

use crate::steps::{OneOrMany, Repeat, Step};

/// A scenario as its TOML file says it. Unknown keys are refused.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Scenario {
    /// What it is called.
    pub name: Spanned<String>,
    /// What it shows, in a sentence.
    pub about: String,
    /// The topology it runs on when none is given.
    pub topology: String,
    /// How much is done.
    pub workload: Workload,
    /// Which answers mean: send the same request again.
    #[serde(default)]
    pub repeat: Repeat,
    /// How long the system may take to come to rest.
    #[serde(default)]
    pub converge: Converge,
    /// The roles that `--kill any` chooses from.
    #[serde(default)]
    pub killable: Vec<String>,
    /// Named lists of things, each a table of the same name in the queries.
    #[serde(default)]
    pub list: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// What each journey draws from the seed. A later one may name earlier ones.
    #[serde(default)]
    pub choose: Vec<Choice>,
    /// Requests sent once, before the journeys.
    #[serde(default)]
    pub setup: Vec<Step>,
    /// What each journey does, in order.
    #[serde(default)]
    pub step: Vec<Step>,
    /// What goes wrong meanwhile.
    #[serde(default)]
    pub fault: Vec<Fault>,
    /// What is collected into tables at the end.
    #[serde(default)]
    pub observe: Vec<Observation>,
    /// What must come to pass before the invariants are looked at.
    #[serde(default)]
    pub settle: Vec<Settle>,
    /// What must be true.
    #[serde(default)]
    pub invariant: Vec<Invariant>,
}

/// How much is done, and how patiently.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Workload {
    /// How many journeys.
    pub count: u64,
    /// How many of them at a time.
    pub concurrency: usize,
    /// How long one step may take in all, repeats included.
    #[serde(default = "Workload::default_patience_ms")]
    pub patience_ms: u64,
    /// How long one request may wait for its answer.
    #[serde(default = "Workload::default_answer_within_ms")]
    pub answer_within_ms: u64,
}

impl Workload {
    fn default_patience_ms() -> u64 {
        30_000
    }

    fn default_answer_within_ms() -> u64 {
        5_000
    }
}

/// How long the system may take to come to rest.
#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Converge {
    /// From the moment when every fault is healed.
    pub within_ms: u64,
}

impl Default for Converge {
    fn default() -> Self {
        Self { within_ms: 30_000 }
    }
}

/// One draw of each journey: `one_of` or `between`.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Choice {
    /// The variable it becomes.
    pub name: Spanned<String>,
    /// Values with weights.
    pub one_of: Option<Vec<Weighted>>,
    /// A whole number from the first to the second, both included.
    pub between: Option<(u64, u64)>,
}

/// A value and how often it is drawn, relative to its neighbours.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Weighted {
    /// The value; its strings may name variables.
    pub value: Value,
    /// 1 where not given.
    #[serde(default = "Weighted::default_weight")]
    pub weight: u64,
}

impl Weighted {
    fn default_weight() -> u64 {
        1
    }
}

/// Something that goes wrong.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Fault {
    /// What happens.
    pub kind: Spanned<FaultKind>,
    /// To whom.
    pub node: Option<String>,
    /// Or to one of these, drawn from the seed.
    pub any_of: Option<Vec<String>>,
    /// When.
    pub at: Moment,
    /// How long until it is undone: from the first to the second, drawn from the seed.
    #[serde(default = "Fault::default_heal_after_ms")]
    pub heal_after_ms: (u64, u64),
}

impl Fault {
    /// A node killed at a random moment, as `--kill` asks.
    pub fn kill(roles: Vec<String>) -> Self {
        Self {
            kind: Spanned::new(0..0, FaultKind::Kill),
            node: None,
            any_of: Some(roles),
            at: Moment::Random,
            heal_after_ms: Self::default_heal_after_ms(),
        }
    }

    fn default_heal_after_ms() -> (u64, u64) {
        (50, 300)
    }
}

/// What can go wrong.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize, serde::Serialize)]
#[serde(rename_all = "snake_case")]
pub enum FaultKind {
    /// The node dies at once (`SIGKILL`) and is started again.
    Kill,
}

/// When a fault happens.
#[derive(Clone, Copy, Debug, PartialEq, Deserialize)]
#[serde(try_from = "Value")]
pub enum Moment {
    /// When this fraction of the journeys has been started: 0 to 1.
    Started(f64),
    /// At a moment drawn from the seed.
    Random,
}

impl TryFrom<Value> for Moment {
    type Error = String;

    fn try_from(value: Value) -> Result<Self, String> {
        match &value {
            Value::String(text) if text == "random" => Ok(Self::Random),
            Value::Number(number) => match number.as_f64() {
                Some(fraction) if (0.0..=1.0).contains(&fraction) => Ok(Self::Started(fraction)),
                _ => Err(format!(
                    "at is {value}, wanted a fraction of the journeys from 0 to 1, or \"random\""
                )),
            },
            _ => Err(format!(
                "at is {value}, wanted a fraction of the journeys from 0 to 1, or \"random\""
            )),
        }
    }
}

/// Rows of a table, collected over HTTP.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Observation {
    /// The table: `journey` and `doc` (the row as JSON) beside the declared columns.
    pub table: Spanned<String>,
    /// `journey`, or a list: one request for each. A journey that has no value for a name in the path is left out.
    pub for_each: Option<String>,
    /// With `for_each = "journey"`: only for those whose variables have these values.
    #[serde(default)]
    pub when: BTreeMap<String, OneOrMany>,
    /// The role that is asked.
    pub node: Option<String>,
    /// Or the roles that are asked; a node that plays several of them is asked once.
    pub nodes: Option<Vec<String>>,
    /// Path and query.
    pub path: String,
    /// The statuses that are right.
    #[serde(default = "Step::default_expect")]
    pub expect: Vec<u16>,
    /// JSON pointer to the rows: an array gives one each, anything else is one.
    #[serde(default)]
    pub rows: String,
    /// Columns: a JSON pointer into the row, or text with `${...}`.
    #[serde(default)]
    pub columns: BTreeMap<String, String>,
    /// Read on, page after page, until one is empty.
    pub pages: Option<Pages>,
}

impl Observation {
    /// The roles that are asked.
    pub fn roles(&self) -> impl Iterator<Item = &String> {
        self.node.iter().chain(self.nodes.iter().flatten())
    }
}

/// How the pages of a list are told apart.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Pages {
    /// The query parameter: the number of the page, from 1; or, with `last`, where the page before ended, from 0.
    pub parameter: String,
    /// JSON pointer into a row: its value in the last row is where a page ended.
    pub last: Option<String>,
}

/// What must come to pass before the invariants are looked at.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Settle {
    /// A claim.
    pub name: Spanned<String>,
    /// SQL for what has not come to pass yet; asked again and again until it gives no rows.
    pub pending: String,
}

/// What must be true: a query for its violations.
#[derive(Clone, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Invariant {
    /// A claim.
    pub name: Spanned<String>,
    /// SQL that must give no rows; the rows it gives are the evidence.
    pub violations: String,
    /// SQL for how many things were examined: one number. Zero proves nothing.
    pub checked: String,
    /// SQL for numbers worth showing: one value each.
    #[serde(default)]
    pub figures: BTreeMap<String, String>,
}
