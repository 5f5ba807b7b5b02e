use std::{collections::BTreeMap, time::Duration};

use serde_json::Value;

use super::{Check, Explore, FaultPlan};
use crate::steps::{Conditions, Errand, JsonTemplate, Repeat, Step, Template, Variables};

/// The table of the journeys themselves, and its first column.
pub(super) const JOURNEYS: &str = "journey";

/// The table of the faults as they went, a row for each link of each.
pub(super) const FAULTS: &str = "faults";

/// The table of the links, with what passed each.
pub(super) const LINKS: &str = "links";

/// A scenario that was read and checked: every name in it means something, and every entry is one thing.
#[derive(Clone, Debug)]
pub struct Scenario {
    /// The name that it gives itself.
    pub name: String,
    /// A sentence on what it shows.
    pub about: String,
    /// The topology that it runs on unless another is given.
    pub topology: String,
    /// The number of journeys, and how patient they are.
    pub workload: Workload,
    /// Answers that mean: send the same request again.
    pub(crate) repeat: Repeat,
    /// The part of the run before the schedule of faults begins.
    pub(crate) steady: Steady,
    /// The time to lift what is still laid when the journeys are over.
    pub(crate) heal_within: Duration,
    /// The time to come to rest once every fault is lifted.
    pub(crate) converge_within: Duration,
    /// The time of everything before the judgement.
    pub(crate) total: Duration,
    /// Conditions under which the run is given up; one of them is about failed journeys.
    pub(crate) stops: Vec<Stop>,
    /// The roles that `--kill any` chooses from.
    pub killable: Vec<String>,
    /// Nodes whose end without a fault does not fail the run.
    pub may_die: Vec<String>,
    /// Named lists of things, each a table of the same name in the queries.
    pub(crate) lists: BTreeMap<String, Vec<BTreeMap<String, Value>>>,
    /// The draws of each journey, in order; a later one may name earlier ones.
    pub(crate) choices: Vec<Choice>,
    /// Requests that are sent before the journeys.
    pub(crate) setup: Vec<Setup>,
    /// The steps of each journey, in order.
    pub(crate) steps: Vec<Step>,
    /// Faults that are laid while the journeys run.
    pub faults: Vec<FaultPlan>,
    /// Candidates of which the seed draws some that are laid too.
    pub explore: Option<Explore>,
    /// The number that all choices come from, unless a run is given another.
    pub seed: Option<u64>,
    /// Tables that are collected over HTTP.
    pub(crate) observations: Vec<Observation>,
    /// Conditions that must come true before the invariants are examined.
    pub(crate) conditions: Vec<Condition>,
    /// Claims that must hold at the end, over the tables.
    pub invariants: Vec<Invariant>,
    /// Claims that are checked otherwise.
    pub checks: Vec<Check>,
    /// The program that is the workload in place of journeys.
    pub command: Option<Errand>,
}

/// The number of journeys, and how patient they are.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Workload {
    /// Journeys in all; 1 or more, or 0 if the workload is a program.
    pub count: u64,
    /// Journeys at a time; 1 or more.
    pub concurrency: usize,
    /// Journeys that are started in each second (open loop), at most `concurrency` at a time; `None` for each as soon
    /// as another has ended (closed loop).
    pub rate: Option<f64>,
    /// The time that one step may take in all, repeats included.
    pub patience: Duration,
    /// The time that one request may wait for its answer.
    pub answer_within: Duration,
}

/// The part of a run in which no fault is laid.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Steady {
    pub(crate) time: Duration,
    pub(crate) journeys: u64,
}

/// A condition under which a run is given up.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) enum Stop {
    /// So many journeys have failed.
    FailedJourneys(u64),
    /// More than this share of the requests failed, of so many or more.
    Errors { above: f64, after: u64 },
}

/// One draw of each journey, which becomes a variable.
#[derive(Clone, Debug)]
pub(crate) struct Choice {
    pub(crate) name: String,
    pub(crate) draw: Draw,
}

/// The values that a choice draws from.
#[derive(Clone, Debug)]
pub(crate) enum Draw {
    /// A whole number from the first to the second, both included.
    Between(u64, u64),
    /// One of these values.
    OneOf(Weighted),
}

/// Values with weights, at least one.
#[derive(Clone, Debug)]
pub(crate) struct Weighted {
    /// Each but the last, with the sum of the weights up to and with it.
    before: Vec<(u64, JsonTemplate)>,
    last: JsonTemplate,
    total: u64,
}

impl Weighted {
    /// `None` if the weights add up to nothing, or to more than fits.
    pub(super) fn of(values: impl IntoIterator<Item = (u64, JsonTemplate)>) -> Option<Self> {
        let mut total = 0u64;
        let mut before = Vec::new();
        for (weight, value) in values {
            total = total.checked_add(weight)?;
            before.push((total, value));
        }
        let (_, last) = before.pop()?;
        (total > 0).then_some(Self { before, last, total })
    }

    /// The value that a drawn number stands for.
    pub(super) fn at(&self, drawn: u64) -> &JsonTemplate {
        let left = drawn % self.total;
        let found = self.before.iter().find(|(end, _)| left < *end);
        found.map_or(&self.last, |(_, value)| value)
    }
}

/// A step that is taken before the journeys, once for each of some things.
#[derive(Clone, Debug)]
pub(crate) struct Setup {
    pub(crate) step: Step,
    /// The variables of each sending beside the common ones: the thing of a list, or nothing, once.
    pub(crate) rounds: Vec<Variables>,
}

/// A table of rows that is collected over HTTP, with the columns `journey` and `doc` (the row as JSON) beside its
/// own.
#[derive(Clone, Debug)]
pub(crate) struct Observation {
    pub(crate) table: String,
    pub(crate) subjects: Subjects,
    /// The roles that are asked, at least one; a node that plays several of them is asked once.
    pub(crate) roles: Vec<String>,
    /// Path and query.
    pub(crate) path: Template,
    /// The statuses that are right.
    pub(crate) expect: Vec<u16>,
    /// JSON pointer to the rows: an array gives one each, anything else is one.
    pub(crate) rows: String,
    /// Its own columns, by name.
    pub(crate) columns: BTreeMap<String, Column>,
    pub(crate) pages: Pages,
}

/// The things for which an observation sends a request each.
#[derive(Clone, Debug)]
pub(crate) enum Subjects {
    /// Journeys that meet these conditions and have a value for every name in the path.
    Journeys(Conditions),
    /// Things of a list, as variables beside the common ones; or nothing, once.
    Things(Vec<Variables>),
}

/// The source of a column.
#[derive(Clone, Debug)]
pub(crate) enum Column {
    /// JSON pointer into the row; null where the row has nothing there.
    Pointer(String),
    /// A text from the variables of the request, or one variable's value with its type.
    Variables(Template),
}

/// The way from one page of a list to the next; reading ends at the first page without rows.
#[derive(Clone, Debug)]
pub(crate) enum Pages {
    /// One answer has the whole list.
    Single,
    /// The parameter is the number of the page, from 1.
    Numbered { parameter: String },
    /// The parameter is the value at a JSON pointer into the last row of the page before; 0 for the first page.
    After { parameter: String, pointer: String },
}

/// A condition that must come true before the invariants are examined.
#[derive(Clone, Debug)]
pub(crate) struct Condition {
    pub(crate) name: String,
    /// SQL for what is still pending; asked again and again until it gives no rows.
    pub(crate) pending: String,
}

/// A claim that must hold at the end: a query for its violations.
#[derive(Clone, Debug)]
pub struct Invariant {
    /// The claim, in words.
    pub name: String,
    /// SQL that must give no rows; the rows it gives are the evidence.
    pub violations: String,
    /// SQL for the number of things that were examined. Zero proves nothing.
    pub checked: String,
    /// SQL for numbers worth showing: one value each.
    pub figures: BTreeMap<String, String>,
}

impl Condition {
    /// The name of its query in errors.
    pub(super) fn what(&self) -> String {
        format!("settle {:?}, pending", self.name)
    }
}

impl Invariant {
    /// The name of one of its queries in errors.
    pub(super) fn what(&self, query: &str) -> String {
        format!("invariant {:?}, {query}", self.name)
    }

    /// The name of the query of a figure in errors.
    pub(super) fn figure(&self, figure: &str) -> String {
        format!("invariant {:?}, figure {figure:?}", self.name)
    }
}
