use std::collections::BTreeSet;

use super::problem::{Problem, Selected};
use crate::specification::Specification;

/// Operations kept before the failure for context, if there are that many: they often show more than a bare
/// state does.
const CONTEXT: usize = 6;
/// The longest rest that the first pass accepts, which wants a start in a single situation.
const SHORT: usize = 3 * CONTEXT;
/// The most situations that the second pass lists. More are harder to read than the operations that they replace.
const SITUATIONS: usize = 12;

/// Drops the operations that were answered before some invocation, and makes the problem start in the
/// situations that they can have led to. Returns the number of operations dropped.
///
/// The first pass looks for the reader's best case, a short rest that starts in one situation. Later starts
/// come first in either pass, because each drops more.
pub(super) fn start_late<S: Specification>(
    problem: &mut Problem<'_, S>,
    candidate: &mut Vec<Selected>,
    culprit: usize,
) -> usize {
    let limit = problem.specification.limit();
    let mut budget = problem.budget();
    // Not beyond the culprit's own invocation: the culprit could take effect before such a start, and the
    // replies that it could have given there would be missed.
    let latest = problem.history[culprit].invoked;
    let times: BTreeSet<u64> = candidate
        .iter()
        .map(|selected| selected.invoked)
        .filter(|at| *at <= latest)
        .collect();
    for (situations, longest) in [(1, SHORT), (SITUATIONS, usize::MAX)] {
        for time in times.iter().rev() {
            let before = candidate.iter().filter(|selected| selected.ends_before(*time)).count();
            if before == 0 || !(CONTEXT..=longest).contains(&(candidate.len() - before)) {
                continue;
            }
            let invoked = candidate.partition_point(|selected| selected.invoked < *time);
            let prefix = &candidate[..invoked];
            let starts = budget.within(limit, |budget| problem.situations(prefix, *time, situations, budget));
            if let Some(starts) = starts {
                problem.starts = starts;
                candidate.retain(|selected| !selected.ends_before(*time));
                return before;
            }
        }
    }
    0
}
