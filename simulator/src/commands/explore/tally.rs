use std::fmt;

use serde::Serialize;

/// Runs that must fail for a candidate to count as failing.
const ENOUGH: u32 = 2;

/// Most runs of a candidate: real time is not deterministic, and one run may go well by chance.
const MOST: u32 = 3;

/// The runs of a candidate.
#[derive(Clone, Debug, Default, Serialize)]
pub(super) struct Tally {
    /// Those that failed in the checks that are looked for.
    pub(super) failed: u32,
    #[serde(rename = "of_runs")]
    pub(super) runs: u32,
    /// Those that showed nothing, as they could not run.
    pub(super) could_not_run: u32,
    /// The reason why the first of these could not.
    pub(super) trouble: Option<String>,
}

impl Tally {
    /// True if a candidate counts as failing.
    pub(super) fn has_failed(&self) -> bool {
        self.failed >= ENOUGH
    }

    /// True once more runs would not change the answer.
    pub(super) fn is_settled(&self) -> bool {
        self.has_failed() || self.runs - self.failed > MOST - ENOUGH
    }

    /// The runs that are needed at least.
    pub(super) fn needed(&self) -> u32 {
        (ENOUGH - self.failed).min(MOST - self.runs)
    }

    /// Counts a run that could not run, which tells nothing of the candidate.
    pub(super) fn could_not(&mut self, reason: String) {
        self.could_not_run += 1;
        self.trouble.get_or_insert(reason);
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let runs = some_of(self.runs.into(), self.could_not_run.into());
        write!(f, "{} of {runs}", self.failed)
    }
}

/// A number of runs, and how many of them could not run.
pub(super) fn some_of(runs: u64, could_not_run: u64) -> String {
    let lost = match could_not_run {
        0 => String::new(),
        lost => format!(", of which {lost} could not run"),
    };
    many(runs, "run") + &lost
}

/// A number of things.
pub(super) fn many(number: u64, thing: &str) -> String {
    let ending = if number == 1 { "" } else { "s" };
    format!("{number} {thing}{ending}")
}
