use std::{collections::BTreeSet, fmt};

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

    /// Counts the runs that failed in the same checks, of all that could run and what failed in them.
    pub(super) fn compare(&mut self, runs: &[BTreeSet<String>]) -> Option<BTreeSet<String>> {
        let same = agreed(runs);
        let any = u32::from(runs.iter().any(|run| !run.is_empty()));
        self.failed = if same.is_some() { ENOUGH } else { any };
        same
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

/// The names that two runs have in common, whatever came between them: of several pairs the one that came first.
fn agreed<'a>(runs: impl IntoIterator<Item = &'a BTreeSet<String>>) -> Option<BTreeSet<String>> {
    let runs: Vec<_> = runs.into_iter().collect();
    runs.iter().enumerate().find_map(|(number, run)| {
        let mut same = runs.iter().take(number).map(|earlier| *earlier & *run);
        same.find(|same| !same.is_empty())
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(names: &[&str]) -> BTreeSet<String> {
        names.iter().map(|name| (*name).to_owned()).collect()
    }

    #[test]
    fn runs_agree_on_what_two_of_them_have_in_common_in_whichever_order_they_came() {
        let (one, other) = (set(&["a"]), set(&["b", "c"]));
        for order in [[&one, &other, &other], [&other, &one, &other], [&other, &other, &one]] {
            assert_eq!(agreed(order), Some(set(&["b", "c"])), "{order:?}");
        }
        let both = set(&["a", "b"]);
        for order in [
            [&both, &one, &set(&[])],
            [&one, &set(&[]), &both],
            [&set(&[]), &both, &one],
        ] {
            assert_eq!(agreed(order), Some(set(&["a"])), "{order:?}");
        }
        // Of several pairs the first one counts.
        assert_eq!(
            agreed([&set(&["a"]), &set(&["a", "b"]), &set(&["b"])]),
            Some(set(&["a"]))
        );
        assert_eq!(agreed([&one, &other, &set(&[])]), None);
        assert_eq!(agreed([&one]), None);
        assert_eq!(agreed([]), None);
    }

    #[test]
    fn a_run_counts_as_failed_beside_another_one_that_failed_alike() {
        for (runs, failed, is_settled) in [
            (vec![], 0, false),
            (vec![set(&["a"])], 1, false),
            (vec![set(&["a"]), set(&["b"])], 1, false),
            (vec![set(&[]), set(&[])], 0, true),
            (vec![set(&["a"]), set(&["a", "b"])], 2, true),
            (vec![set(&["a"]), set(&["b"]), set(&["b"])], 2, true),
            (vec![set(&["a"]), set(&["b"]), set(&["c"])], 1, true),
        ] {
            let number = u32::try_from(runs.len()).expect("a few");
            let mut tally = Tally {
                runs: number,
                ..Tally::default()
            };
            assert_eq!(tally.compare(&runs).is_some(), tally.has_failed(), "{runs:?}");
            assert_eq!((tally.failed, tally.is_settled()), (failed, is_settled), "{runs:?}");
        }
    }
}
