use std::{collections::BTreeSet, fmt::Debug};

use super::evidence::{Evidence, Taken};
use crate::equivalence::concurrent::{budget::Budget, counterexample::Allowed};

/// What is worth showing.
pub(super) struct Kept<R> {
    pub(super) shown: Vec<usize>,
    pub(super) left_out: Vec<usize>,
    pub(super) allowed: Option<Vec<Allowed<R>>>,
}

/// A search may cost so many times what the first one did, and something beside: one that costs more is not about to
/// succeed.
const LONGER: usize = 3;
const LEAST: usize = 1_000;

/// Leaves out operations of a part that no order explains, some at a time, if
/// - no order explains the part whatever became of them and of those left out before, and
/// - the model allows the same answers of the culprit without them.
///
/// It tries halves of what is left, then quarters, and so on down to one at a time until all must stay; the latest first,
/// since what led to a state may go once nothing depends on that state any more.
pub(super) fn leave_out<C, R, S>(evidence: &Evidence<'_, C, R, S>, taken: Vec<Taken>, culprit: usize) -> Kept<R>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    let limit = evidence.specification.limit();
    let mut budget = evidence.budget();
    let allowed = budget.within(limit, |budget| evidence.allowed(&taken, culprit, budget));
    let a_search = limit.min(budget.spent().saturating_mul(LONGER).saturating_add(LEAST));
    let mut parted = Parted {
        evidence,
        culprit,
        shown: taken,
        left_out: Vec::new(),
        allowed,
        a_search,
        budget,
    };
    let mut size = parted.shown.len() / 2;
    while size > 0 {
        let before = parted.left_out.len();
        for chunk in parted.candidates().rchunks(size) {
            parted.leave_out(chunk);
        }
        size = match size {
            1 if parted.left_out.len() == before => 0,
            1 => 1,
            size => size / 2,
        };
    }
    parted.left_out.sort_by_key(|taken| taken.index);
    let indices = |taken: Vec<Taken>| taken.into_iter().map(|taken| taken.index).collect();
    Kept {
        shown: indices(parted.shown),
        left_out: indices(parted.left_out),
        allowed: parted.allowed,
    }
}

struct Parted<'a, C, R, S> {
    evidence: &'a Evidence<'a, C, R, S>,
    culprit: usize,
    shown: Vec<Taken>,
    left_out: Vec<Taken>,
    allowed: Option<Vec<Allowed<R>>>,
    /// What one search may spend.
    a_search: usize,
    budget: Budget,
}

impl<C, R, S> Parted<'_, C, R, S>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    fn candidates(&self) -> Vec<usize> {
        let starts = &self.evidence.starts;
        let must_stay = |index: &usize| *index == self.culprit || starts.iter().any(|start| start.done.contains(index));
        let indices = self.shown.iter().map(|taken| taken.index);
        indices.filter(|index| !must_stay(index)).collect()
    }

    /// Leaves these out if that is right, and says whether it was.
    fn leave_out(&mut self, indices: &[usize]) -> bool {
        let Self {
            evidence,
            culprit,
            a_search,
            ..
        } = *self;
        if self.allowed.is_none() || self.budget.is_exceeded() {
            return false;
        }
        let (away, kept): (Vec<Taken>, Vec<Taken>) =
            self.shown.iter().partition(|taken| indices.contains(&taken.index));
        let without = self
            .budget
            .within(a_search, |budget| evidence.allowed(&kept, culprit, budget));
        if texts(without.as_deref()) != texts(self.allowed.as_deref()) {
            return false;
        }
        let mut left_out: Vec<Taken> = away.into_iter().map(Taken::forgotten).collect();
        left_out.extend(&self.left_out);
        let all = [kept.as_slice(), &left_out].concat();
        if !self.budget.within(a_search, |budget| evidence.fails(&all, budget)) {
            return false;
        }
        (self.shown, self.left_out, self.allowed) = (kept, left_out, without);
        true
    }
}

fn texts<R: Debug>(allowed: Option<&[Allowed<R>]>) -> BTreeSet<String> {
    let replies = allowed.into_iter().flatten();
    replies.map(|allowed| format!("{:?}", allowed.reply)).collect()
}
