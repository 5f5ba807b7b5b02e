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
    /// Everything that failed in a run. Why a run was given up is among it only if nothing else is; a fault that did
    /// not heal is named then, as the reason has moments and the run's id in it, which never come again.
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
            let not_healed = report.faults.iter().filter(|fault| fault.is_not_healed());
            checks.extend(not_healed.map(|fault| format!("given up: fault {:?} did not heal", fault.name)));
            if checks.is_empty() {
                checks.insert(format!("given up: {reason}"));
            }
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

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{
        report::tests::bad_day::{bad_day, empty},
        scenario::FaultOutcome,
    };

    /// A run that was given up, and one of whose faults ended so; nothing else failed.
    fn given_up(reason: &str, outcome: FaultOutcome) -> Failures {
        let mut report = empty();
        report.given_up = Some(reason.to_owned());
        report.faults = bad_day("gone", 4).faults;
        report.faults.truncate(1);
        report.faults[0].outcome = outcome;
        Failures::of(&report)
    }

    fn names(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn a_run_fails_by_what_failed_and_faults_count_where_nothing_else_did() {
        let mut report = bad_day("errand", 4);
        report.given_up = Some("20 journeys failed".to_owned());
        let failures = Failures::of(&report);
        let checks = [
            "death of shop",
            "invariant \"no order is lost errand\"",
            "journeys at step \"errand\"",
            "settle \"errand\"",
        ];
        assert_eq!(failures.checks, names(&checks));
        assert_eq!(failures.faults, names(&["fault \"errand\""]));
        assert_eq!(failures.names(), &failures.checks);
        assert!(failures.has(&names(&["death of shop", "fault \"errand\""])));
        assert!(!failures.has(&names(&["death of shop", "death of bank"])));

        report.deaths.iter_mut().for_each(|death| death.expected = true);
        assert!(!Failures::of(&report).checks.contains("death of shop"));

        let mut report = empty();
        report.faults = bad_day("errand", 4).faults;
        let failures = Failures::of(&report);
        assert_eq!(failures.names(), &names(&["fault \"errand\""]));
        report.faults.iter_mut().for_each(|fault| fault.drawn = true);
        assert_eq!(Failures::of(&report), Failures::default(), "chance alone fails nothing");
    }

    #[test]
    fn a_fault_that_did_not_heal_names_the_give_up_whatever_was_printed_then() {
        let stays = |reason: &str| FaultOutcome::NotHealed {
            at_ms: 7,
            reason: reason.to_owned(),
        };
        let [one, other] = ["shop-1764-1: 20:47:46 no disk", "shop-1765-9: 20:49:02 no disk"]
            .map(|reason| given_up(&format!("bank could not be healed: {reason}"), stays(reason)));
        assert_eq!(one, other);
        assert_eq!(one.names(), &names(&["given up: fault \"gone\" did not heal"]));

        let fired = FaultOutcome::Fired {
            at_ms: 7,
            healed_at_ms: 9,
        };
        let late = given_up("it took longer than 1h, the limit of [limits] total", fired);
        let wanted = "given up: it took longer than 1h, the limit of [limits] total";
        assert_eq!(late.names(), &names(&[wanted]));
    }
}
