use std::{collections::BTreeSet, fmt::Debug};

use super::problem::{Problem, Selected};
use crate::{budget::Budget, counterexample::Allowed, specification::Specification};

/// The operations that must be shown, and those that may be forgotten.
pub(super) struct Core<R> {
    pub(super) shown: Vec<usize>,
    pub(super) left_out: Vec<usize>,
    pub(super) allowed: Option<Vec<Allowed<R>>>,
}

// Budget of one attempt: `TIMES` the cost of the first search plus `LEAST`. A candidate has fewer operations
// than the whole, so a search that costs much more rarely succeeds.
const TIMES: usize = 3;
const LEAST: usize = 1_000;

/// Leaves out operations of a candidate that no order explains, several at a time (delta debugging). Operations
/// may go if
/// - no order explains the candidate whatever became of them and of those left out before, and
/// - the model allows the culprit the same replies without them.
///
/// Tries halves of the remaining operations, then quarters, and so on down to single ones, until none can go.
/// The latest are tried first: the operations that led to a state can go only once no other depends on that
/// state.
pub(super) fn core<S: Specification>(
    problem: &Problem<'_, S>,
    candidate: Vec<Selected>,
    culprit: usize,
) -> Core<S::Reply> {
    let limit = problem.specification.limit();
    let mut budget = problem.budget();
    let allowed = budget.within(limit, |budget| problem.allowed(&candidate, culprit, budget));
    let an_attempt = limit.min(budget.spent().saturating_mul(TIMES).saturating_add(LEAST));
    let mut reduction = Reduction {
        problem,
        culprit,
        shown: candidate,
        left_out: Vec::new(),
        allowed,
        an_attempt,
        budget,
    };
    let mut size = reduction.shown.len() / 2;
    while size > 0 {
        let before = reduction.left_out.len();
        for chunk in reduction.removable().rchunks(size) {
            reduction.leave_out(chunk);
        }
        size = match size {
            // One that goes can free another one that had to stay because of it, so single ones are tried until
            // none goes.
            1 if reduction.left_out.len() == before => 0,
            1 => 1,
            size => size / 2,
        };
    }
    reduction.left_out.sort_by_key(|selected| selected.index);
    let indices = |selected: Vec<Selected>| selected.into_iter().map(|selected| selected.index).collect();
    Core {
        shown: indices(reduction.shown),
        left_out: indices(reduction.left_out),
        allowed: reduction.allowed,
    }
}

struct Reduction<'a, S: Specification> {
    problem: &'a Problem<'a, S>,
    culprit: usize,
    shown: Vec<Selected>,
    left_out: Vec<Selected>,
    allowed: Option<Vec<Allowed<S::Reply>>>,
    /// The limit of one search.
    an_attempt: usize,
    budget: Budget,
}

impl<S: Specification> Reduction<'_, S> {
    fn removable(&self) -> Vec<usize> {
        let starts = &self.problem.starts;
        let must_stay = |index: &usize| *index == self.culprit || starts.iter().any(|start| start.done.contains(index));
        let indices = self.shown.iter().map(|selected| selected.index);
        indices.filter(|index| !must_stay(index)).collect()
    }

    /// Leaves these operations out if both conditions hold.
    fn leave_out(&mut self, indices: &[usize]) {
        let Self {
            problem,
            culprit,
            an_attempt,
            ..
        } = *self;
        if self.allowed.is_none() || self.budget.is_exceeded() {
            return;
        }
        let (away, kept): (Vec<Selected>, Vec<Selected>) = self
            .shown
            .iter()
            .partition(|selected| indices.contains(&selected.index));
        let without = self
            .budget
            .within(an_attempt, |budget| problem.allowed(&kept, culprit, budget));
        if texts(without.as_deref()) != texts(self.allowed.as_deref()) {
            return;
        }
        // All that was left out before is tried again along with these: each may be harmless alone, and both
        // together not.
        let mut left_out: Vec<Selected> = away.into_iter().map(Selected::forgotten).collect();
        left_out.extend(&self.left_out);
        let all = [kept.as_slice(), &left_out].concat();
        if self.budget.within(an_attempt, |budget| problem.fails(&all, budget)) {
            (self.shown, self.left_out, self.allowed) = (kept, left_out, without);
        }
    }
}

fn texts<R: Debug>(allowed: Option<&[Allowed<R>]>) -> BTreeSet<String> {
    let replies = allowed.into_iter().flatten();
    replies.map(|allowed| format!("{:?}", allowed.reply)).collect()
}
