use std::{cell::RefCell, collections::BTreeMap, fmt::Debug, ops::ControlFlow};

use crate::equivalence::concurrent::{
    budget::Budget,
    check::explains,
    counterexample::{Allowed, Start},
    operation::Operation,
    search::{End, Outcome, Search, Span},
    specification::Specification,
};

/// In limits of one search.
const SEARCHES: usize = 4;

/// A history, and where the part of it under suspicion begins.
pub(super) struct Evidence<'a, C, R, S> {
    pub(super) specification: &'a Specification<'a, C, R, S>,
    pub(super) history: &'a [Operation<C, R>],
    pub(super) starts: Vec<Start<S>>,
}

/// An operation of the part, by its index in the history.
#[derive(Clone, Copy, Debug)]
pub(super) struct Taken {
    pub(super) index: usize,
    pub(super) invoked: u64,
    pub(super) end: End,
}

impl Taken {
    pub(super) fn ends_before(&self, time: u64) -> bool {
        matches!(self.end, End::Answered(at) if at < time)
    }

    /// The same, as if nobody had heard what came of it.
    pub(super) fn forgotten(self) -> Self {
        let end = match self.end {
            End::Answered(at) | End::Forgotten(at) => End::Forgotten(at),
            End::Open => End::Open,
        };
        Self { end, ..self }
    }
}

impl<'a, C, R, S> Evidence<'a, C, R, S>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    pub(super) fn new(specification: &'a Specification<'_, C, R, S>, history: &'a [Operation<C, R>]) -> Self {
        let start = Start {
            state: specification.initial().clone(),
            done: Vec::new(),
        };
        Self {
            specification,
            history,
            starts: vec![start],
        }
    }

    /// What the searches of one stage of making it smaller may spend in all.
    pub(super) fn budget(&self) -> Budget {
        Budget::new(self.specification.limit().saturating_mul(SEARCHES))
    }

    /// Whether no order explains these for certain, wherever it starts.
    pub(super) fn fails(&self, taken: &[Taken], budget: &mut Budget) -> bool {
        self.starts.iter().all(|start| {
            let left = left(taken, start);
            let follow = |state: &mut S, at: usize| self.explains(state, left[at]);
            let search = Search::new(self.spans(&left), &follow);
            let (outcome, _) = search.run(&start.state, budget, |_, _| ControlFlow::Break(()));
            outcome == Outcome::Exhausted
        })
    }

    /// The situations, from the first start, in which all of these that ended before `time` are done, and perhaps others.
    /// None if there is none, or more than `most`, or the budget is exceeded.
    pub(super) fn situations(
        &self,
        taken: &[Taken],
        time: u64,
        most: usize,
        budget: &mut Budget,
    ) -> Option<Vec<Start<S>>> {
        let follow = |state: &mut S, at: usize| self.explains(state, taken[at]);
        let search = Search::new(self.spans(taken), &follow).until(time);
        let mut situations = Vec::new();
        let (outcome, _) = search.run(&self.starts.first()?.state, budget, |order, state| {
            let done = order
                .iter()
                .map(|at| taken[*at])
                .filter(|taken| !taken.ends_before(time));
            situations.push(Start {
                state: state.clone(),
                done: done.map(|taken| taken.index).collect(),
            });
            match situations.len() > most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        (outcome == Outcome::Exhausted && !situations.is_empty()).then_some(situations)
    }

    /// What the model can answer to `culprit` while it explains all other answers. None if the budget is exceeded.
    pub(super) fn allowed(&self, taken: &[Taken], culprit: usize, budget: &mut Budget) -> Option<Vec<Allowed<R>>> {
        let mut allowed = BTreeMap::new();
        for start in &self.starts {
            for (text, from_here) in self.allowed_from(start, taken, culprit, budget)? {
                allowed.entry(text).or_insert(from_here);
            }
        }
        Some(allowed.into_values().collect())
    }

    fn allowed_from(
        &self,
        start: &Start<S>,
        taken: &[Taken],
        culprit: usize,
        budget: &mut Budget,
    ) -> Option<BTreeMap<String, Allowed<R>>> {
        let left = left(taken, start);
        let replies: RefCell<BTreeMap<String, R>> = RefCell::default();
        // What the culprit was answered is part of the state, so orders that differ in it are all shown.
        let follow = |(state, said): &mut (S, Option<String>), at: usize| {
            if left[at].index != culprit {
                return self.explains(state, left[at]);
            }
            let reply = self.specification.step(state, &self.history[culprit].call);
            let text = format!("{reply:?}");
            *said = Some(text.clone());
            replies.borrow_mut().insert(text, reply);
            true
        };
        let spans = self.spans(&left).zip(&left).map(|(span, taken)| Span {
            is_read: span.is_read && taken.index != culprit,
            ..span
        });
        let mut allowed = BTreeMap::new();
        let search = Search::new(spans, &follow);
        let (outcome, _) = search.run(&(start.state.clone(), None), budget, |order, (_, said)| {
            let replies = replies.borrow();
            if let Some((text, reply)) = said.as_ref().and_then(|text| replies.get_key_value(text)) {
                let later = order.iter().map(|at| left[*at].index);
                allowed.entry(text.clone()).or_insert_with(|| Allowed {
                    reply: reply.clone(),
                    order: start.done.iter().copied().chain(later).collect(),
                });
            }
            ControlFlow::Continue(())
        });
        (outcome == Outcome::Exhausted).then_some(allowed)
    }

    fn explains(&self, state: &mut S, taken: Taken) -> bool {
        explains(self.specification, state, &self.history[taken.index])
    }

    fn spans(&self, taken: &[Taken]) -> impl Iterator<Item = Span> {
        taken.iter().map(|taken| Span {
            invoked: taken.invoked,
            end: taken.end,
            is_read: self.specification.is_read(&self.history[taken.index].call),
        })
    }
}

/// Those of the operations that are not done at this start.
fn left<S>(taken: &[Taken], start: &Start<S>) -> Vec<Taken> {
    let is_left = |taken: &&Taken| !start.done.contains(&taken.index);
    taken.iter().filter(is_left).copied().collect()
}
