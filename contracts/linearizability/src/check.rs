use std::{fmt::Debug, ops::ControlFlow};

use crate::{
    budget::Budget,
    operation::Operation,
    search::{End, Outcome, Search, Span},
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
    let follow = |state: &mut S::State, index: usize| explains(specification, state, &history[index]);
    let search = Search::new(spans, &follow);
    let mut budget = Budget::new(specification.limit());
    let mut witness = Vec::new();
    let (outcome, longest) = search.run(&specification.initial(), &mut budget, |order, _| {
        witness = order.to_vec();
        ControlFlow::Break(())
    });
    match outcome {
        Outcome::Stopped => Verdict::Linearizable { order: witness },
        Outcome::Exceeded => Verdict::Undecided {
            explored: budget.spent(),
        },
        Outcome::Exhausted => {
            let mut state = specification.initial();
            for index in &longest {
                specification.apply(&mut state, &history[*index].call);
            }
            let refused = search
                .next_after(&longest)
                .into_iter()
                .map(|operation| Refused {
                    operation,
                    expected: specification.apply(&mut state.clone(), &history[operation].call),
                })
                .collect();
            Verdict::NotLinearizable {
                prefix: longest,
                refused,
            }
        }
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
