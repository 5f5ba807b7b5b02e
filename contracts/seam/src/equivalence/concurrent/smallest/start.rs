use std::{collections::BTreeSet, fmt::Debug};

use super::evidence::{Evidence, Taken};

/// So many operations remain if there are so many: what led to a state can be as telling as the state.
const CONTEXT: usize = 6;
/// First a start in one situation is looked for that leaves no more operations than this; then any other.
const SHORT: usize = 3 * CONTEXT;
/// A later start is not worth more situations than this.
const SITUATIONS: usize = 12;

/// Drops what was answered before some call, and begins in the situations that this can have led to. Gives back how many
/// operations were dropped.
pub(super) fn start_late<C, R, S>(evidence: &mut Evidence<'_, C, R, S>, taken: &mut Vec<Taken>, culprit: usize) -> usize
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let limit = evidence.specification.limit();
    let mut budget = evidence.budget();
    let latest = evidence.history[culprit].invoked;
    let times: BTreeSet<u64> = taken
        .iter()
        .map(|taken| taken.invoked)
        .filter(|at| *at <= latest)
        .collect();
    for (situations, longest) in [(1, SHORT), (SITUATIONS, usize::MAX)] {
        for time in times.iter().rev() {
            let before = taken.iter().filter(|taken| taken.ends_before(*time)).count();
            if before == 0 || !(CONTEXT..=longest).contains(&(taken.len() - before)) {
                continue;
            }
            let called = taken.partition_point(|taken| taken.invoked < *time);
            let prefix = &taken[..called];
            let starts = budget.within(limit, |budget| evidence.situations(prefix, *time, situations, budget));
            if let Some(starts) = starts {
                evidence.starts = starts;
                taken.retain(|taken| !taken.ends_before(*time));
                return before;
            }
        }
    }
    0
}
