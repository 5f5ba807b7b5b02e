use std::{fmt::Debug, ops::ControlFlow};

use super::{
    budget::Budget,
    operation::{Answer, Operation},
    search::{End, Outcome, Search, Span},
    specification::Specification,
    verdict::{Refused, Verdict},
};

/// Decides whether a history is linearizable with respect to a specification, all of its operations together.
///
/// # Panics
///
/// If an answer came before its call: such times are not from one counter.
pub fn check<C, R, S>(specification: &Specification<'_, C, R, S>, history: &[Operation<C, R>]) -> Verdict<R>
where
    C: Clone + Debug,
    R: Clone + Debug,
    S: Clone + PartialEq,
{
    assert_possible(history);
    let spans = history.iter().map(|operation| Span {
        invoked: operation.invoked,
        end: operation.answered().map_or(End::Open, End::Answered),
        is_read: specification.is_read(&operation.call),
    });
    let follow = |state: &mut S, index: usize| explains(specification, state, &history[index]);
    let search = Search::new(spans, &follow);
    let mut budget = Budget::new(specification.limit());
    let mut witness = Vec::new();
    let (outcome, longest) = search.run(specification.initial(), &mut budget, |order, _| {
        witness = order.to_vec();
        ControlFlow::Break(())
    });
    match outcome {
        Outcome::Stopped => Verdict::Linearizable { order: witness },
        Outcome::Exceeded => Verdict::Undecided {
            explored: budget.spent(),
        },
        Outcome::Exhausted => {
            let mut state = specification.initial().clone();
            for index in &longest {
                specification.step(&mut state, &history[*index].call);
            }
            let refused = search
                .next_after(&longest)
                .into_iter()
                .map(|operation| Refused {
                    operation,
                    expected: specification.step(&mut state.clone(), &history[operation].call),
                })
                .collect();
            Verdict::NotLinearizable {
                prefix: longest,
                refused,
            }
        }
    }
}

/// Makes the model handle an operation; whether it gave the answer that was seen, if one was.
pub(super) fn explains<C, R, S>(
    specification: &Specification<'_, C, R, S>,
    state: &mut S,
    operation: &Operation<C, R>,
) -> bool {
    let expected = specification.step(state, &operation.call);
    match &operation.answer {
        Answer::Came { reply, .. } => specification.agrees(&expected, reply),
        Answer::Unknown => true,
    }
}

pub(super) fn assert_possible<C: Debug, R>(history: &[Operation<C, R>]) {
    for (index, operation) in history.iter().enumerate() {
        if let Some(at) = operation.answered() {
            assert!(
                operation.invoked <= at,
                "operation {index} of the history, {:?}, was called at {} and answered at {at}: take all times from one counter",
                operation.call,
                operation.invoked
            );
        }
    }
}
