use std::fmt;

use linearizability::Operation;

use crate::equivalence::Failure;

/// The evidence of a concurrent run that passed.
#[derive(Clone, Debug)]
pub struct ConcurrentReport {
    /// The name of the suite.
    pub suite: String,
    /// The seed of all draws. The order in which callers come to turn does not derive from it.
    pub seed: u64,
    /// The number of concurrent callers.
    pub callers: usize,
    /// The number of histories recorded, over all subjects.
    pub histories: u64,
    /// The number of calls that were answered, and explained.
    pub answered: u64,
    /// The number of calls that had no effect, because another call was under way.
    pub failed: u64,
    /// The number of calls with an unknown outcome.
    pub unknown: u64,
    /// The number of histories in which calls overlap. The others show nothing about concurrency.
    pub overlapping: u64,
}

/// The greatest share of calls of unknown outcome without a warning, in percent.
const MOST_UNKNOWN: u64 = 20;
/// The least share of histories with calls that overlap without a warning, in percent.
const LEAST_OVERLAPPING: u64 = 50;

impl ConcurrentReport {
    /// The reasons why this run shows little, although it passed: more than 20 % of its calls have an unknown
    /// outcome, which explains nearly everything, or less than 50 % of its histories have calls that overlap.
    pub fn warnings(&self) -> Vec<String> {
        let mut warnings = Vec::new();
        let calls = self.answered + self.failed + self.unknown;
        if self.unknown * 100 > calls * MOST_UNKNOWN {
            let unknown = self.unknown;
            warnings.push(format!(
                "{unknown} of {calls} calls have an unknown outcome, wanted at most {MOST_UNKNOWN} %"
            ));
        }
        if self.overlapping * 100 < self.histories * LEAST_OVERLAPPING {
            let (overlapping, histories) = (self.overlapping, self.histories);
            warnings.push(format!(
                "{overlapping} of {histories} histories have calls that overlap, wanted at least {LEAST_OVERLAPPING} %"
            ));
        }
        warnings
    }

    /// Fails if there is a warning.
    ///
    /// # Errors
    ///
    /// [`Failure::Weak`] with the [`warnings`](Self::warnings).
    pub fn without_warnings(self) -> Result<Self, Failure> {
        match self.warnings() {
            warnings if warnings.is_empty() => Ok(self),
            warnings => Err(Failure::Weak {
                suite: self.suite,
                warnings,
            }),
        }
    }

    pub(super) fn count<C, R>(&mut self, history: &[Operation<C, R>], failed: u64) {
        self.histories += 1;
        self.failed += failed;
        for operation in history {
            match operation.response {
                Some(_) => self.answered += 1,
                None => self.unknown += 1,
            }
        }
        let overlap = |one: &Operation<C, R>| {
            let until = one.answered().unwrap_or(u64::MAX);
            history
                .iter()
                .any(|other| one.invoked < other.invoked && other.invoked < until)
        };
        self.overlapping += u64::from(history.iter().any(overlap));
    }
}

impl fmt::Display for ConcurrentReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            suite,
            callers,
            histories,
            answered,
            failed,
            unknown,
            overlapping,
            seed,
        } = self;
        write!(
            f,
            "{suite}: {histories} histories of {callers} callers are linearizable, \
             {overlapping} of them with calls that overlap; {answered} answers explained, \
             {failed} calls refused for the moment, {unknown} of unknown outcome; seed {seed}"
        )?;
        for warning in self.warnings() {
            write!(f, "\n  warning: {warning}")?;
        }
        Ok(())
    }
}
