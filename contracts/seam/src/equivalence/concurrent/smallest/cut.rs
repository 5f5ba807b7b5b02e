use std::fmt::Debug;

use super::evidence::{Evidence, Taken};
use crate::equivalence::concurrent::search::End;

/// The shortest beginning of a history that no order explains.
pub(super) struct Cut {
    /// When the answer came that can't be explained.
    pub(super) until: u64,
    /// The operation that it answers.
    pub(super) culprit: usize,
    /// All that was called by then, by the time of the call.
    pub(super) taken: Vec<Taken>,
}

/// Cuts the operations with these indices, which no order explains.
///
/// If a beginning has no explanation, no longer one has: so it is found by bisection. One for which the limit is reached is
/// taken to have an explanation, which makes the cut come later, not wrong.
pub(super) fn cut<C, R, S>(evidence: &Evidence<'_, C, R, S>, indices: &[usize]) -> Option<Cut>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let mut answers: Vec<(u64, usize)> = indices
        .iter()
        .filter_map(|index| evidence.history[*index].answered().map(|at| (at, *index)))
        .collect();
    answers.sort_unstable();
    let limit = evidence.specification.limit();
    let mut budget = evidence.budget();
    let (mut fails_before, mut explained) = (answers.len(), 0);
    while explained + 1 < fails_before {
        let middle = usize::midpoint(explained, fails_before);
        let taken = beginning(evidence, indices, answers[middle - 1].0);
        if budget.within(limit, |budget| evidence.fails(&taken, budget)) {
            fails_before = middle;
        } else {
            explained = middle;
        }
    }
    let (until, culprit) = *answers.get(fails_before.checked_sub(1)?)?;
    Some(Cut {
        until,
        culprit,
        taken: beginning(evidence, indices, until),
    })
}

fn beginning<C, R, S>(evidence: &Evidence<'_, C, R, S>, indices: &[usize], until: u64) -> Vec<Taken> {
    let mut taken: Vec<Taken> = indices
        .iter()
        .map(|index| (*index, &evidence.history[*index]))
        .filter(|(_, operation)| operation.invoked <= until)
        .map(|(index, operation)| Taken {
            index,
            invoked: operation.invoked,
            end: match operation.answered() {
                Some(at) if at <= until => End::Answered(at),
                _ => End::Open,
            },
        })
        .collect();
    taken.sort_by_key(|taken| (taken.invoked, taken.index));
    taken
}
