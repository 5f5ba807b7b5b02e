use std::borrow::Cow;

use proptest::prelude::*;
use seam::{
    Contract,
    equivalence::{CallOf, Cell, Model, ReplyOf},
};

/// A model whose lists are never called: they are sorted by timestamps that callers read before they write, not
/// by the order of the writes.
#[derive(Clone, Debug, PartialEq)]
pub struct WithoutLists<M>(pub(super) M);

impl<M: Model> Model for WithoutLists<M> {
    type Contract = M::Contract;

    fn next_call(&self) -> BoxedStrategy<CallOf<Self>> {
        let is_list = |call: &CallOf<M>| M::Contract::method(call).name.starts_with("list_");
        self.0
            .next_call()
            .prop_filter("a list", move |call| !is_list(call))
            .boxed()
    }

    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self> {
        self.0.apply(call)
    }

    fn state(&self, call: &CallOf<Self>) -> Cow<'static, str> {
        self.0.state(call)
    }

    fn reachable() -> Vec<Cell> {
        M::reachable()
    }
}
