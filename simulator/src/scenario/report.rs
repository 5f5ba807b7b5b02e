use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{FaultKind, JourneyFailure, Phase};
use crate::steps::Requests;

/// What a run showed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every invariant holds, and each examined something.
    Pass,
    /// Something that must be true is not, or a fault did not happen.
    Fail,
    /// Nothing was found wrong, but something was not examined at all.
    Inconclusive,
}

impl Verdict {
    /// As it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }
}

/// A row of evidence: column names and values.
pub type Row = Map<String, Value>;

/// Everything a run showed, as it is written in `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// All choices came from this.
    pub seed: u64,
    /// How many journeys were planned.
    pub count: u64,
    /// How many of them at a time.
    pub concurrency: usize,
    /// What it comes to.
    pub verdict: Verdict,
    /// When each phase began, in milliseconds from the start, and how long the run took.
    pub timeline: Timeline,
    /// How many requests it took.
    pub requests: Requests,
    /// Journeys that did not reach their end. Any of them fails the run.
    pub failed_journeys: Vec<JourneyFailure>,
    /// The faults, as they happened.
    pub faults: Vec<FaultReport>,
    /// What did not come to pass in time. Any of it fails the run.
    pub unsettled: Vec<Unsettled>,
    /// What must be true, and whether it is.
    pub invariants: Vec<InvariantReport>,
}

/// When each phase began.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Phase and milliseconds from the start.
    pub phases: Vec<(Phase, u64)>,
    /// How long the journeys took, in milliseconds.
    pub journeys_ms: u64,
    /// How long it took in all, in milliseconds.
    pub total_ms: u64,
}

/// One fault, as it happened.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct FaultReport {
    /// What was to happen.
    pub kind: FaultKind,
    /// To which node.
    pub node: String,
    /// When so many journeys had been started.
    pub at_journey: u64,
    /// What came of it.
    pub outcome: FaultOutcome,
}

/// What came of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum FaultOutcome {
    /// It happened and was undone.
    Fired {
        /// When, in milliseconds from the start.
        at_ms: u64,
        /// When it was undone.
        healed_at_ms: u64,
    },
    /// It happened and could not be undone.
    NotHealed {
        /// When, in milliseconds from the start.
        at_ms: u64,
        /// Why.
        reason: String,
    },
    /// It did not happen, so the run proved nothing about it.
    NeverFired {
        /// Why.
        reason: String,
    },
}

/// Something that did not come to pass in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unsettled {
    /// The claim.
    pub name: String,
    /// Why it can't be told, or how much is still pending.
    pub reason: String,
    /// What is still pending: the first rows.
    pub pending: Vec<Row>,
}

/// One invariant.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InvariantReport {
    /// The claim.
    pub name: String,
    /// Whether it holds.
    pub verdict: Verdict,
    /// How many things were examined.
    pub checked: u64,
    /// Numbers worth showing.
    pub figures: BTreeMap<String, Value>,
    /// How many violations there are.
    pub violations: usize,
    /// The first of them.
    pub evidence: Vec<Row>,
}

impl Report {
    /// What all parts together come to.
    pub(crate) fn judge(&self) -> Verdict {
        let healed = self
            .faults
            .iter()
            .all(|fault| matches!(fault.outcome, FaultOutcome::Fired { .. }));
        let violated = self
            .invariants
            .iter()
            .any(|invariant| invariant.verdict == Verdict::Fail);
        if !healed || violated || !self.failed_journeys.is_empty() || !self.unsettled.is_empty() {
            return Verdict::Fail;
        }
        let examined = self
            .invariants
            .iter()
            .all(|invariant| invariant.verdict == Verdict::Pass);
        if examined { Verdict::Pass } else { Verdict::Inconclusive }
    }
}
