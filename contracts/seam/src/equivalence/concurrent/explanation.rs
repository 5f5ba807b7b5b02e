use linearizability::{Specification, Verdict, check_partitioned, minimize_partitioned};

use super::History;
use crate::{
    Contract, MethodKind,
    compare::Comparison,
    equivalence::{CallOf, Model, ReplyOf, plan::Plan},
};

/// Finds an order that explains a history. Otherwise returns the smallest part without one, drawn as lanes, or
/// the remark that the search gave up.
pub(super) fn explain<M: Model>(plan: &Plan<M>, history: &History<M>) -> Result<(), String> {
    let promises = Promises(plan);
    match check_partitioned(&promises, history).verdict {
        Verdict::Linearizable { .. } => Ok(()),
        Verdict::Undecided { explored } => Err(format!(
            "undecided after {explored} steps; fewer calls or callers decide it"
        )),
        Verdict::NotLinearizable { .. } => Err(minimize_partitioned(&promises, history).map_or_else(
            || "the smallest part could not be found".to_owned(),
            |part| part.to_string(),
        )),
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
