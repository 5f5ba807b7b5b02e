use std::{collections::BTreeSet, fmt::Debug};

use super::evidence::{Evidence, Taken};
use crate::equivalence::concurrent::{budget::Budget, search::End};

/// So many operations are shown if there are so many: what led to a state can be as telling as the state.
const CONTEXT: usize = 6;
/// More situations than this are not worth a later start.
const SITUATIONS: usize = 4;

/// Drops what was answered before some call, and begins in the situations that this can have led to. Gives back how many
/// operations were dropped.
pub(super) fn start_late<C, R, S>(evidence: &mut Evidence<'_, C, R, S>, taken: &mut Vec<Taken>, culprit: usize) -> usize
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let mut budget = Budget::new(evidence.specification.limit());
    let latest = evidence.history[culprit].invoked;
    let times: BTreeSet<u64> = taken
        .iter()
        .map(|taken| taken.invoked)
        .filter(|at| *at <= latest)
        .collect();
    for time in times.into_iter().rev() {
        let ends_before = |taken: &Taken| matches!(taken.end, End::Answered(at) if at < time);
        let before = taken.iter().filter(|taken| ends_before(taken)).count();
        if before == 0 || taken.len() - before < CONTEXT {
            continue;
        }
        let called = taken.partition_point(|taken| taken.invoked < time);
        if let Some(situations) = evidence.situations(&taken[..called], time, SITUATIONS, &mut budget) {
            evidence.starts = situations;
            taken.retain(|taken| !ends_before(taken));
            return before;
        }
    }
    0
}
