use std::fmt;

use linearizability::{
    Allowed, Counterexample, Numbered, Operation, Response, Specification, Verdict, check_partitioned,
    minimize_partitioned,
};

use super::{ConcurrentCall, History, Part};
use crate::{
    Contract, MethodKind,
    compare::Comparison,
    equivalence::{CallOf, Model, ReplyOf, execution::as_text, plan::Plan, run::as_text_of},
};

/// The smallest part of a history without an explanation, for people.
pub(super) struct Unexplained {
    pub(super) lanes: String,
    pub(super) calls: Vec<ConcurrentCall>,
}

/// Finds an order that explains a history. Otherwise returns the smallest part without one, or the remark that
/// the search gave up and the whole history.
pub(super) fn explain<M: Model>(plan: &Plan<M>, history: &History<M>) -> Result<(), Unexplained> {
    let promises = Promises(plan);
    let lanes = match check_partitioned(&promises, history).verdict {
        Verdict::Linearizable { .. } => return Ok(()),
        Verdict::Undecided { explored } => {
            format!("undecided after {explored} steps; fewer calls or callers decide it")
        }
        Verdict::NotLinearizable { .. } => match minimize_partitioned(&promises, history) {
            Some(smallest) => {
                let calls = calls(plan, history, |number, operation| part(&smallest, number, operation));
                let lanes = as_json::<M>(smallest).to_string();
                return Err(Unexplained { lanes, calls });
            }
            None => "the smallest part could not be found".to_owned(),
        },
    };
    let calls = calls(plan, history, |_, _| Some(Part::Shown));
    Err(Unexplained { lanes, calls })
}

/// The part to which an operation of the history belongs; `None` if the failure does not need it.
fn part<M: Model>(
    smallest: &Counterexample<CallOf<M>, ReplyOf<M>, M>,
    number: usize,
    operation: &Operation<CallOf<M>, ReplyOf<M>>,
) -> Option<Part> {
    let is_in = |operations: &[Numbered<_, _>]| operations.iter().any(|operation| operation.number == number);
    let is_of_key = smallest.key.is_none() || smallest.key == M::Contract::key(&operation.call);
    match () {
        () if is_in(&smallest.shown) => Some(Part::Shown),
        () if is_in(&smallest.left_out) || !is_of_key || operation.invoked > smallest.until => None,
        () => Some(Part::Before),
    }
}

/// The calls of a history to which `part` gives a part.
fn calls<M: Model>(
    plan: &Plan<M>,
    history: &History<M>,
    part: impl Fn(usize, &Operation<CallOf<M>, ReplyOf<M>>) -> Option<Part>,
) -> Vec<ConcurrentCall> {
    // The setup calls take the first ticks, two each.
    let begun = 2 * plan.setup.len() as u64;
    let calls = history.iter().enumerate().filter_map(|(number, operation)| {
        Some(ConcurrentCall {
            number,
            caller: operation.caller,
            method: M::Contract::method(&operation.call).name,
            arguments: as_text_of(&operation.call),
            reply: operation.reply().map(as_text::<M::Contract>),
            part: match part(number, operation)? {
                Part::Before | Part::Shown if operation.invoked < begun => Part::Setup,
                part => part,
            },
        })
    });
    calls.collect()
}

/// A text that prints itself as it is.
#[derive(Clone)]
struct Text(String);

impl fmt::Debug for Text {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The same part with calls and replies that print as JSON.
fn as_json<M: Model>(part: Counterexample<CallOf<M>, ReplyOf<M>, M>) -> Counterexample<Text, Text, M> {
    let reply = |reply: &ReplyOf<M>| Text(as_text::<M::Contract>(reply));
    let numbered = |operations: Vec<Numbered<CallOf<M>, ReplyOf<M>>>| {
        let numbered = operations.into_iter().map(|Numbered { number, operation }| Numbered {
            number,
            operation: Operation {
                caller: operation.caller,
                invoked: operation.invoked,
                call: Text(format!(
                    "{} {}",
                    M::Contract::method(&operation.call).name,
                    as_text_of(&operation.call)
                )),
                response: operation.response.map(|response| Response {
                    at: response.at,
                    reply: reply(&response.reply),
                }),
            },
        });
        numbered.collect()
    };
    let allowed = |allowed: Vec<Allowed<ReplyOf<M>>>| {
        let allowed = allowed.into_iter().map(|allowed| Allowed {
            reply: reply(&allowed.reply),
            order: allowed.order,
        });
        allowed.collect()
    };
    Counterexample {
        key: part.key,
        starts: part.starts,
        before: part.before,
        shown: numbered(part.shown),
        left_out: numbered(part.left_out),
        culprit: part.culprit,
        until: part.until,
        allowed: part.allowed.map(allowed),
    }
}

/// The model of a suite as a specification, under the suite's rules.
struct Promises<'a, M: Model>(&'a Plan<M>);

impl<M: Model> Specification for Promises<'_, M> {
    type Call = CallOf<M>;
    type Reply = ReplyOf<M>;
    type State = M;

    fn initial(&self) -> M {
        self.0.model.clone()
    }

    fn apply(&self, model: &mut M, call: &CallOf<M>) -> ReplyOf<M> {
        model.apply(call)
    }

    fn agrees(&self, expected: &ReplyOf<M>, seen: &ReplyOf<M>) -> bool {
        expected == seen || Comparison::untracked(&self.0.rules).same(expected, seen).is_ok()
    }

    fn is_read(&self, call: &CallOf<M>) -> bool {
        M::Contract::method(call).kind == MethodKind::Read
    }

    fn partition(&self, call: &CallOf<M>) -> Option<String> {
        // Keys that depend on each other can't be checked apart: calls under one explain replies under another.
        self.0.has_independent_keys.then(|| M::Contract::key(call)).flatten()
    }
}
