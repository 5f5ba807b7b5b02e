use super::problem::{Problem, Selected};
use crate::{search::End, specification::Specification};

/// The shortest beginning of a history that no order explains.
pub(super) struct Truncated {
    /// The time of the response that cannot be explained.
    pub(super) until: u64,
    /// The operation with that response.
    pub(super) culprit: usize,
    /// All operations invoked by then, by the time of the invocation.
    pub(super) candidate: Vec<Selected>,
}

/// Truncates the operations with these indices, which no order explains.
///
/// A beginning without an explanation makes every longer one unexplained too, so bisection over the responses
/// finds the first. A beginning whose search reaches the limit counts as explained: that makes the truncation
/// come later, not wrong.
pub(super) fn truncate<S: Specification>(problem: &Problem<'_, S>, indices: &[usize]) -> Option<Truncated> {
    let mut answers: Vec<(u64, usize)> = indices
        .iter()
        .filter_map(|index| problem.history[*index].answered().map(|at| (at, *index)))
        .collect();
    answers.sort_unstable();
    let limit = problem.specification.limit();
    let mut budget = problem.budget();
    let (mut fails_before, mut explained) = (answers.len(), 0);
    while explained + 1 < fails_before {
        let middle = usize::midpoint(explained, fails_before);
        let candidate = beginning(problem, indices, answers[middle - 1].0);
        if budget.within(limit, |budget| problem.fails(&candidate, budget)) {
            fails_before = middle;
        } else {
            explained = middle;
        }
    }
    let (until, culprit) = *answers.get(fails_before.checked_sub(1)?)?;
    Some(Truncated {
        until,
        culprit,
        candidate: beginning(problem, indices, until),
    })
}

fn beginning<S: Specification>(problem: &Problem<'_, S>, indices: &[usize], until: u64) -> Vec<Selected> {
    let mut selected: Vec<Selected> = indices
        .iter()
        .map(|index| (*index, &problem.history[*index]))
        .filter(|(_, operation)| operation.invoked <= until)
        .map(|(index, operation)| Selected {
            index,
            invoked: operation.invoked,
            end: match operation.answered() {
                Some(at) if at <= until => End::Answered(at),
                _ => End::Pending,
            },
        })
        .collect();
    selected.sort_by_key(|selected| (selected.invoked, selected.index));
    selected
}
