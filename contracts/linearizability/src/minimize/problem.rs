use std::{cell::RefCell, collections::BTreeMap, ops::ControlFlow};

use crate::{
    budget::Budget,
    check::{explains, progress},
    counterexample::{Allowed, Start},
    operation::Operation,
    search::{End, Follow, Outcome, Search, Span},
    specification::Specification,
};

/// The budget of one stage of minimization, in limits of one search.
const SEARCHES: usize = 4;

/// The questions that minimization asks about candidates, which are selections of a history's operations.
pub(super) struct Problem<'a, S: Specification> {
    pub(super) specification: &'a S,
    pub(super) history: &'a [Operation<S::Call, S::Reply>],
    /// The situations in which candidates begin.
    pub(super) starts: Vec<Start<S::State>>,
}

/// An operation of a candidate, by its index in the history. Its end may be later than recorded, or forgotten.
#[derive(Clone, Copy, Debug)]
pub(super) struct Selected {
    pub(super) index: usize,
    pub(super) invoked: u64,
    pub(super) end: End,
}

impl Selected {
    pub(super) fn ends_before(&self, time: u64) -> bool {
        matches!(self.end, End::Answered(at) if at < time)
    }

    /// The same operation with whether it took effect, and its reply, forgotten.
    pub(super) fn forgotten(self) -> Self {
        let end = match self.end {
            End::Answered(at) | End::Forgotten(at) => End::Forgotten(at),
            End::Pending => End::Pending,
        };
        Self { end, ..self }
    }
}

impl<'a, S: Specification> Problem<'a, S> {
    pub(super) fn new(specification: &'a S, history: &'a [Operation<S::Call, S::Reply>]) -> Self {
        let start = Start {
            state: specification.initial(),
            done: Vec::new(),
        };
        Self {
            specification,
            history,
            starts: vec![start],
        }
    }

    /// The budget of all searches of one stage.
    pub(super) fn budget(&self) -> Budget {
        Budget::new(self.specification.limit().saturating_mul(SEARCHES))
    }

    /// Returns `true` if certainly no order explains the candidate, from any start.
    pub(super) fn fails(&self, candidate: &[Selected], budget: &mut Budget) -> bool {
        self.starts.iter().all(|start| {
            let left = left(candidate, start);
            let model = Candidate {
                problem: self,
                operations: &left,
            };
            let (outcome, _) = Search::new(self.spans(&left), &model).find(&start.state, budget);
            outcome == Outcome::Exhausted
        })
    }

    /// The situations, reached from the first start, in which every operation that ended before `time` is done,
    /// and perhaps others. `None` if there is no such situation, or more than `most`, or the budget is
    /// exceeded.
    pub(super) fn situations(
        &self,
        candidate: &[Selected],
        time: u64,
        most: usize,
        budget: &mut Budget,
    ) -> Option<Vec<Start<S::State>>> {
        let model = Candidate {
            problem: self,
            operations: candidate,
        };
        let search = Search::new(self.spans(candidate), &model).until(time);
        let mut situations = Vec::new();
        let outcome = search.visit_all(&self.starts.first()?.state, budget, |order, state| {
            let done = order
                .iter()
                .map(|at| candidate[*at])
                .filter(|selected| !selected.ends_before(time));
            situations.push(Start {
                state: state.clone(),
                done: done.map(|selected| selected.index).collect(),
            });
            match situations.len() > most {
                true => ControlFlow::Break(()),
                false => ControlFlow::Continue(()),
            }
        });
        (outcome == Outcome::Exhausted && !situations.is_empty()).then_some(situations)
    }

    /// The replies that the model can give to `culprit` while it explains all other replies. `None` if the
    /// budget is exceeded.
    pub(super) fn allowed(
        &self,
        candidate: &[Selected],
        culprit: usize,
        budget: &mut Budget,
    ) -> Option<Vec<Allowed<S::Reply>>> {
        let mut allowed = BTreeMap::new();
        for start in &self.starts {
            for (text, from_here) in self.allowed_from(start, candidate, culprit, budget)? {
                allowed.entry(text).or_insert(from_here);
            }
        }
        Some(allowed.into_values().collect())
    }

    fn allowed_from(
        &self,
        start: &Start<S::State>,
        candidate: &[Selected],
        culprit: usize,
        budget: &mut Budget,
    ) -> Option<BTreeMap<String, Allowed<S::Reply>>> {
        let left = left(candidate, start);
        let model = Questioned {
            candidate: Candidate {
                problem: self,
                operations: &left,
            },
            culprit,
            replies: RefCell::default(),
        };
        let spans = self.spans(&left).zip(&left).map(|(span, selected)| Span {
            is_read: span.is_read && selected.index != culprit,
            ..span
        });
        let mut allowed = BTreeMap::new();
        let search = Search::new(spans, &model);
        let outcome = search.visit_all(&(start.state.clone(), None), budget, |order, (_, said)| {
            let replies = model.replies.borrow();
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

    fn spans(&self, candidate: &[Selected]) -> impl Iterator<Item = Span> {
        candidate.iter().map(|selected| Span {
            invoked: selected.invoked,
            end: selected.end,
            is_read: self.specification.is_read(&self.history[selected.index].call),
        })
    }
}

/// Operations of a candidate, beside the model that should explain them.
struct Candidate<'a, S: Specification> {
    problem: &'a Problem<'a, S>,
    operations: &'a [Selected],
}

impl<S: Specification> Candidate<'_, S> {
    fn operation(&self, at: usize) -> &Operation<S::Call, S::Reply> {
        &self.problem.history[self.operations[at].index]
    }
}

impl<S: Specification> Follow<S::State> for Candidate<'_, S> {
    fn follow(&self, state: &mut S::State, at: usize) -> bool {
        explains(self.problem.specification, state, self.operation(at))
    }

    fn progress(&self, state: &S::State, at: usize) -> Option<usize> {
        progress(self.problem.specification, state, self.operation(at))
    }
}

/// A candidate in which the culprit may reply as the model does.
///
/// The culprit's reply becomes part of the state: otherwise an order that differs from a visited one only in that
/// reply would be cut, and the reply missed. So the culprit changes this state, and is never a read.
struct Questioned<'a, S: Specification> {
    candidate: Candidate<'a, S>,
    culprit: usize,
    /// The replies met so far, by their text.
    replies: RefCell<BTreeMap<String, S::Reply>>,
}

impl<S: Specification> Follow<(S::State, Option<String>)> for Questioned<'_, S> {
    fn follow(&self, (state, said): &mut (S::State, Option<String>), at: usize) -> bool {
        if self.candidate.operations[at].index != self.culprit {
            return self.candidate.follow(state, at);
        }
        let reply = self
            .candidate
            .problem
            .specification
            .apply(state, &self.candidate.operation(at).call);
        let text = format!("{reply:?}");
        *said = Some(text.clone());
        self.replies.borrow_mut().insert(text, reply);
        true
    }

    fn progress(&self, (state, _): &(S::State, Option<String>), at: usize) -> Option<usize> {
        self.candidate.progress(state, at)
    }
}

/// The operations of the candidate that are not done at this start.
fn left<S>(candidate: &[Selected], start: &Start<S>) -> Vec<Selected> {
    let is_left = |selected: &&Selected| !start.done.contains(&selected.index);
    candidate.iter().filter(is_left).copied().collect()
}
