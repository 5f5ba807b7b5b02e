use std::collections::BTreeSet;

use super::{Report, Verdict};

/// The checks of a run that failed, by name, so that two runs can be told to fail in the same way.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Failures {
    /// Claims about the system: invariants, conditions, journeys by the step at which they failed, deaths.
    pub checks: BTreeSet<String>,
    /// Faults that did not happen as they had to.
    pub faults: BTreeSet<String>,
}

impl Failures {
    /// Everything that failed in a run. Why a run was given up is among it only if nothing else is.
    pub fn of(report: &Report) -> Self {
        let invariants = report.invariants.iter().filter(|it| it.verdict == Verdict::Fail);
        let invariants = invariants.map(|it| format!("invariant {:?}", it.name));
        let unsettled = report.unsettled.iter().map(|it| format!("settle {:?}", it.name));
        let journeys = report.failed_journeys.iter();
        let journeys = journeys.map(|it| format!("journeys at step {:?}", it.step));
        let deaths = report.deaths.iter().filter(|death| !death.expected);
        let deaths = deaths.map(|death| format!("death of {}", death.node));
        let mut checks: BTreeSet<String> = invariants.chain(unsettled).chain(journeys).chain(deaths).collect();
        let faults = report.faults.iter().filter(|fault| fault.is_failure());
        let faults: BTreeSet<String> = faults.map(|fault| format!("fault {:?}", fault.name)).collect();
        if let Some(reason) = report.given_up.as_ref().filter(|_| checks.is_empty()) {
            checks.insert(format!("given up: {reason}"));
        }
        Self { checks, faults }
    }

    /// The names by which a failure is known again: checks of the system, or faults where no check failed.
    pub fn names(&self) -> &BTreeSet<String> {
        if self.checks.is_empty() {
            &self.faults
        } else {
            &self.checks
        }
    }

    /// True if everything of these names failed here too, whatever else did.
    pub fn has(&self, names: &BTreeSet<String>) -> bool {
        names
            .iter()
            .all(|name| self.checks.contains(name) || self.faults.contains(name))
    }
}
