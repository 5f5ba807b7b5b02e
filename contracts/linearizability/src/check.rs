use std::fmt::Debug;

use crate::{
    budget::Budget,
    operation::Operation,
    search::{End, Follow, Outcome, Search, Span},
    specification::Specification,
    verdict::{Refused, Verdict},
};

/// Decides whether a history is linearizable, all of its operations together.
///
/// # Panics
///
/// If a response came before its invocation: such times are not ticks of one counter.
pub fn check<S: Specification>(specification: &S, history: &[Operation<S::Call, S::Reply>]) -> Verdict<S::Reply> {
    assert_possible(history);
    let spans = history.iter().map(|operation| Span {
        invoked: operation.invoked,
        end: operation.answered().map_or(End::Pending, End::Answered),
        is_read: specification.is_read(&operation.call),
    });
    let model = Recorded { specification, history };
    let search = Search::new(spans, &model);
    let mut budget = Budget::new(specification.limit());
    let (outcome, longest) = search.find(&specification.initial(), &mut budget);
    match outcome {
        Outcome::Stopped => Verdict::Linearizable { order: longest },
        Outcome::Exceeded => Verdict::Undecided {
            explored: budget.spent(),
        },
        Outcome::Exhausted => stuck(specification, history, &search, longest),
    }
}

/// Goes on from `prefix` as far as it leads: a search may cut an order short once it knows that it comes to an end.
fn stuck<S: Specification>(
    specification: &S,
    history: &[Operation<S::Call, S::Reply>],
    search: &Search<'_, S::State>,
    mut prefix: Vec<usize>,
) -> Verdict<S::Reply> {
    let mut state = specification.initial();
    for index in &prefix {
        specification.apply(&mut state, &history[*index].call);
    }
    loop {
        let mut refused = Vec::new();
        let leads_on = search.next_after(&prefix).into_iter().find_map(|operation| {
            let mut after = state.clone();
            let expected = specification.apply(&mut after, &history[operation].call);
            let reply = history[operation].reply();
            if reply.is_some_and(|reply| specification.agrees(&expected, reply)) {
                return Some((operation, after));
            }
            refused.push(Refused { operation, expected });
            None
        });
        let Some((next, after)) = leads_on else {
            return Verdict::NotLinearizable { prefix, refused };
        };
        prefix.push(next);
        state = after;
    }
}

/// A history as it was recorded, beside the model that should explain it.
struct Recorded<'a, S: Specification> {
    specification: &'a S,
    history: &'a [Operation<S::Call, S::Reply>],
}

impl<S: Specification> Follow<S::State> for Recorded<'_, S> {
    fn follow(&self, state: &mut S::State, index: usize) -> bool {
        explains(self.specification, state, &self.history[index])
    }

    fn progress(&self, state: &S::State, index: usize) -> Option<usize> {
        progress(self.specification, state, &self.history[index])
    }
}

/// Applies an operation to the model. Returns whether the model gave the recorded reply; `true` for a pending
/// operation.
pub(crate) fn explains<S: Specification>(
    specification: &S,
    state: &mut S::State,
    operation: &Operation<S::Call, S::Reply>,
) -> bool {
    let expected = specification.apply(state, &operation.call);
    operation
        .reply()
        .is_none_or(|reply| specification.agrees(&expected, reply))
}

/// Measures how much of the operation's recorded reply the model's reply holds already, by their `Debug` texts:
/// `None` unless the model's can become the recorded one by inserting text at one place.
pub(crate) fn progress<S: Specification>(
    specification: &S,
    state: &S::State,
    operation: &Operation<S::Call, S::Reply>,
) -> Option<usize> {
    let expected = specification.apply(&mut state.clone(), &operation.call);
    let (expected, seen) = (format!("{expected:?}"), format!("{:?}", operation.reply()?));
    let (expected, seen) = (expected.as_bytes(), seen.as_bytes());
    let same = |(own, other): &(&u8, &u8)| own == other;
    let start = expected.iter().zip(seen).take_while(same).count();
    let (rest, seen) = (&expected[start..], &seen[start..]);
    let end = rest.iter().rev().zip(seen.iter().rev()).take_while(same).count();
    (end == rest.len()).then_some(expected.len())
}

pub(crate) fn assert_possible<C: Debug, R>(history: &[Operation<C, R>]) {
    for (index, operation) in history.iter().enumerate() {
        if let Some(at) = operation.answered() {
            assert!(
                operation.invoked <= at,
                "operation {index} of the history, {:?}, was called at {} and answered at {at}: \
                 take all times from one counter",
                operation.call,
                operation.invoked
            );
        }
    }
}
