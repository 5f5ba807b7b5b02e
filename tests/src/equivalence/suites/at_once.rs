//! Suites in which several callers call at once, and what their answers say about whether a call has happened.

use std::borrow::Cow;

use commerce::{Error, InventoryReply, OrdersCall, OrdersReply};
use proptest::prelude::*;
use seam::equivalence::{CallOf, Cell, Heard, Model, ReplyOf, Suite};

use super::{cases, clocks, inventory, open_orders};
use crate::equivalence::{
    Ground, Reach,
    models::{InventoryModel, OrdersModel},
};

/// How many callers there are.
pub const CALLERS: usize = 4;
/// How many calls they make together.
const CALLS: usize = 16;

/// Another call with the same key is under way, or was: this one has done nothing. It may be told so before the other has done anything,
/// so it says nothing about that. Not available: it may have done something.
fn heard<T, C: std::fmt::Display>(answer: &Result<T, Error<C>>) -> Heard {
    match answer {
        Err(Error::InFlight { .. } | Error::KeyReused { .. }) => Heard::Nothing,
        Err(Error::ServiceUnavailable { .. }) => Heard::Unknown,
        _ => Heard::Answer,
    }
}

/// Inventory, for callers that call at once.
pub fn inventory_at_once(ground: &Ground, reaches: &[Reach]) -> Suite<InventoryModel> {
    inventory(ground, reaches).cases(cases::AT_ONCE).calls(CALLS)
}

/// What an answer of Inventory says.
pub fn heard_of_inventory(reply: &InventoryReply) -> Heard {
    match reply {
        InventoryReply::PutProduct(answer) => heard(answer),
        InventoryReply::GetProduct(answer) => heard(answer),
        InventoryReply::ListProducts(answer) => heard(answer),
        InventoryReply::Reserve(answer) => heard(answer),
        InventoryReply::Release(answer) => heard(answer),
        InventoryReply::Commit(answer) => heard(answer),
    }
}

/// Orders without lists: they are in the order of clocks that callers read before they write, not of the writes.
#[derive(Clone, Debug, PartialEq)]
pub struct WithoutLists(OrdersModel);

impl Model for WithoutLists {
    type Contract = <OrdersModel as Model>::Contract;

    fn call(&self) -> BoxedStrategy<CallOf<Self>> {
        let is_list = |call: &OrdersCall| matches!(call, OrdersCall::ListOrdersForCustomer { .. });
        self.0.call().prop_filter("a list", move |call| !is_list(call)).boxed()
    }

    fn apply(&mut self, call: &CallOf<Self>) -> ReplyOf<Self> {
        self.0.apply(call)
    }

    fn state(&self, call: &CallOf<Self>) -> Cow<'static, str> {
        self.0.state(call)
    }

    fn reachable() -> Vec<Cell> {
        OrdersModel::reachable()
    }
}

/// Orders, for callers that call at once.
pub fn orders_at_once(ground: &Ground, reaches: &[Reach]) -> Suite<WithoutLists> {
    let suite = Suite::new("orders at once", WithoutLists(OrdersModel::begin()));
    let suite = clocks("orders").into_iter().fold(suite, Suite::rule);
    let suite = suite.cases(cases::AT_ONCE).calls(CALLS);
    reaches.iter().fold(suite, |suite, reach| {
        let (ground, reach) = (ground.clone(), *reach);
        suite.subject(reach.name(), move || open_orders(ground.clone(), reach))
    })
}

/// What an answer of Orders says.
pub fn heard_of_orders(reply: &OrdersReply) -> Heard {
    match reply {
        OrdersReply::ListOrdersForCustomer(answer) => heard(answer),
        OrdersReply::CreateOrder(answer)
        | OrdersReply::GetOrder(answer)
        | OrdersReply::ConfirmOrder(answer)
        | OrdersReply::CancelOrder(answer)
        | OrdersReply::ShipOrder(answer)
        | OrdersReply::DeliverOrder(answer) => heard(answer),
    }
}
