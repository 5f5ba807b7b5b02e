use std::fmt;

use linearizability::Operation;

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

impl ConcurrentReport {
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
        )
    }
}
