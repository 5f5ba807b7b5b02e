use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::{Map, Value};

use super::{JourneyFailure, Phase};
use crate::steps::{FailPoint, FaultKind, LinkFault, LinkTraffic, Met, Requests, Samples, Target};

/// The verdict on a run, or on one of its invariants.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum Verdict {
    /// Every invariant holds, and each examined something.
    Pass,
    /// Something that must be true is not, or a fault did not happen.
    Fail,
    /// Nothing was found wrong, but something was not examined at all, or nothing new was done.
    Inconclusive,
}

impl Verdict {
    /// The verdict as it is printed.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Pass => "PASS",
            Self::Fail => "FAIL",
            Self::Inconclusive => "INCONCLUSIVE",
        }
    }

    /// The verdict on a whole run, from all its parts.
    pub(super) fn of(report: &Report) -> Self {
        let failed = report.faults.iter().any(FaultReport::is_failure);
        let violated = report.invariants.iter().any(|it| it.verdict == Self::Fail);
        let died = report.deaths.iter().any(|death| !death.expected);
        let incomplete = !report.failed_journeys.is_empty() || !report.unsettled.is_empty();
        if report.given_up.is_some() || failed || died || violated || incomplete {
            return Self::Fail;
        }
        let examined = report.nothing_new.is_none()
            && !report.met_nothing()
            && report.invariants.iter().all(|it| it.verdict == Self::Pass);
        if examined { Self::Pass } else { Self::Inconclusive }
    }
}

impl Report {
    /// True if the fault of this name had an effect, in any of its layings.
    pub fn has_acted(&self, name: &str) -> bool {
        // Layings after the first have their number behind the name.
        let is_number = |rest: &str| {
            let number = rest.strip_prefix(" (").and_then(|rest| rest.strip_suffix(')'));
            rest.is_empty() || number.is_some_and(|number| number.parse::<u32>().is_ok())
        };
        let mut fired = self.faults.iter().filter(|fault| fault.has_fired());
        fired.any(|fault| fault.name.strip_prefix(name).is_some_and(is_number))
    }

    /// True if candidates were drawn and none of them happened with an effect: then the run shows nothing about them.
    pub fn met_nothing(&self) -> bool {
        let mut drawn = self.faults.iter().filter(|fault| fault.drawn).peekable();
        drawn.peek().is_some() && drawn.all(|fault| !fault.has_fired())
    }
}

/// A row of evidence: column names and values.
pub type Row = Map<String, Value>;

/// Everything that a run showed, as it is written in `report.json`.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// The scenario's name.
    pub scenario: String,
    /// The number that all choices came from.
    pub seed: u64,
    /// Journeys that were planned.
    pub count: u64,
    /// Journeys at a time.
    pub concurrency: usize,
    /// The verdict on the run.
    pub verdict: Verdict,
    /// The beginning of each phase, and the length of the run.
    pub timeline: Timeline,
    /// The reason why nothing new was done, so that the run proves nothing: all keys had been used before.
    pub nothing_new: Option<String>,
    /// The reason why the run was given up, which fails it.
    pub given_up: Option<String>,
    /// Requests that the run took.
    pub requests: Requests,
    /// Figures of the requests, by step and over time.
    pub samples: Samples,
    /// Journeys that did not reach their end. Any of them fails the run.
    pub failed_journeys: Vec<JourneyFailure>,
    /// The faults, as they happened. Any but [`FaultOutcome::Fired`] fails the run, unless it was drawn and missed.
    pub faults: Vec<FaultReport>,
    /// Nodes that ended by themselves. Any that the scenario does not list in `may_die` fails the run.
    pub deaths: Vec<DeathReport>,
    /// Conditions that did not come true in time. Any of them fails the run.
    pub unsettled: Vec<Unsettled>,
    /// The invariants, and whether they hold.
    pub invariants: Vec<InvariantReport>,
}

/// The end of a node that no fault caused.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct DeathReport {
    /// The node's name.
    pub node: String,
    /// Exit status or signal.
    pub how: String,
    /// Milliseconds since the run began.
    pub at_ms: u64,
    /// True if the scenario lists the node in `may_die`.
    pub expected: bool,
    /// Last lines that the node printed.
    pub last_lines: Vec<String>,
}

/// The times of a run, in milliseconds from its start.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Timeline {
    /// Phases, and the moments when they began.
    pub phases: Vec<(Phase, u64)>,
    /// The length of all journeys together, from the first start to the last end.
    pub journeys_ms: u64,
    /// The length of the run.
    pub total_ms: u64,
}

/// One fault, as it happened.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct FaultReport {
    /// The name; that of a repeated fault has its number behind it.
    pub name: String,
    /// The kind of fault.
    pub kind: FaultKind,
    /// The part of the system that it was to hit; a role that nothing plays stands for itself.
    #[serde(flatten)]
    pub target: Target,
    /// The point at which a crash was to come.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub point: Option<FailPoint>,
    /// The faults that it lays on links; none for a fault of a node.
    pub links: Vec<LinkFault>,
    /// True for a candidate of `[explore]` that the seed has drawn. It may meet nothing, or come too late.
    pub drawn: bool,
    /// The difference from what the scenario asks for, where the world can only come close to it.
    pub approximated: Option<String>,
    /// The number of started journeys at which its moment came, or was to come; 0 if that can't be told.
    pub at_journey: u64,
    /// The traffic that it met while it was laid, for each of its links.
    pub traffic: Vec<LinkTraffic>,
    /// The traffic that a fault of a node met while it stood; `None` if it never did, and for other faults.
    pub met: Option<Met>,
    /// The end of it.
    pub outcome: FaultOutcome,
}

impl FaultReport {
    /// True if it was laid with an effect, and lifted.
    pub fn has_fired(&self) -> bool {
        matches!(self.outcome, FaultOutcome::Fired { .. })
    }

    /// True for a drawn fault to which chance gave a moment at which it met nothing, or one after the last journey.
    pub fn is_missed(&self) -> bool {
        self.drawn && matches!(self.outcome, FaultOutcome::Idle { .. } | FaultOutcome::TooLate { .. })
    }

    /// True if it was laid and could not be lifted.
    pub fn is_not_healed(&self) -> bool {
        matches!(self.outcome, FaultOutcome::NotHealed { .. })
    }

    /// True if its outcome fails the run.
    pub fn is_failure(&self) -> bool {
        !self.has_fired() && !self.is_missed()
    }
}

/// The outcome of a fault.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case", tag = "is")]
pub enum FaultOutcome {
    /// Laid at its moment, and lifted.
    Fired {
        /// The moment it was laid, in milliseconds from the start.
        at_ms: u64,
        /// The moment its target was as before, in milliseconds from the start.
        healed_at_ms: u64,
    },
    /// Laid at its moment, and lifted, without any effect on links, or on a node that nothing had to do with.
    Idle {
        /// The moment it was laid, in milliseconds from the start.
        at_ms: u64,
        /// The moment it was lifted, in milliseconds from the start.
        healed_at_ms: u64,
        /// The reason, for people.
        reason: String,
    },
    /// Laid at its moment; it could not be lifted.
    NotHealed {
        /// The moment it was laid, in milliseconds from the start.
        at_ms: u64,
        /// The reason, for people.
        reason: String,
    },
    /// Never laid: nothing plays its role, or the world can't lay it.
    Refused {
        /// The reason, for people.
        reason: String,
    },
    /// Never laid: the run ended or was given up before its moment came.
    TooLate {
        /// The reason, for people.
        reason: String,
    },
    /// Never laid: it was tried and failed.
    Failed {
        /// The reason, for people.
        reason: String,
    },
}

/// A condition that did not come true in time.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Unsettled {
    /// The condition that did not come true.
    pub name: String,
    /// The number of rows that are still pending, or the reason why it is not known.
    pub reason: String,
    /// The first rows that are still pending.
    pub pending: Vec<Row>,
}

/// One invariant, and whether it holds.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct InvariantReport {
    /// The claim, in words.
    pub name: String,
    /// The verdict on it.
    pub verdict: Verdict,
    /// The number of things that were examined.
    pub checked: u64,
    /// Numbers worth showing.
    pub figures: BTreeMap<String, Value>,
    /// The number of violations.
    pub violations: usize,
    /// The first violations.
    pub evidence: Vec<Row>,
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::report::tests::bad_day::{bad_day, empty};

    /// A run with these faults, each of which fired or met nothing.
    fn with(faults: &[(&str, bool)]) -> Report {
        let fired = bad_day("x", 4).faults.swap_remove(0);
        let fault = |(name, has_fired): &(&str, bool)| FaultReport {
            name: (*name).to_owned(),
            outcome: match has_fired {
                true => fired.outcome.clone(),
                false => FaultOutcome::Idle {
                    at_ms: 1,
                    healed_at_ms: 2,
                    reason: "nobody came".to_owned(),
                },
            },
            ..fired.clone()
        };
        Report {
            faults: faults.iter().map(fault).collect(),
            ..empty()
        }
    }

    #[test]
    fn a_fault_has_acted_if_any_laying_of_it_did() {
        assert!(with(&[("slow", true)]).has_acted("slow"));
        assert!(with(&[("slow", false), ("slow (2)", true), ("slow (3)", false)]).has_acted("slow"));
        assert!(!with(&[("slow", false), ("slow (2)", false)]).has_acted("slow"));
        for other in [
            "slower",
            "slow bank",
            "slow (a)",
            "slow (2) bank",
            "slow 2",
            "slow (2",
            "slo",
        ] {
            assert!(!with(&[(other, true)]).has_acted("slow"), "{other}");
        }
        assert!(
            !Report {
                faults: Vec::new(),
                ..empty()
            }
            .has_acted("slow")
        );
    }
}
