//! Suites in which several callers call at once, and what their answers say about whether a call has happened.

use std::borrow::Cow;

use commerce::{
    Contact, Error, InventoryReply, Item, NewOrder, OrderId, OrdersCall, OrdersReply, PaymentMethod, Shipment,
};
use proptest::prelude::*;
use seam::{
    Context,
    equivalence::{CallOf, Cell, Heard, Model, ReplyOf, Suite},
};

use super::{cases, clocks, inventory, open_orders};
use crate::equivalence::{
    Ground, Reach,
    models::{InventoryModel, OrdersModel, PAID_KEYS},
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

/// One order that is paid, for callers who all change it.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrder(OrdersModel);

impl OneOrder {
    fn begin() -> Self {
        let mut model = OrdersModel::begin();
        let order = Self::wanted();
        model.apply(&OrdersCall::CreateOrder { order });
        Self(model)
    }

    fn wanted() -> NewOrder {
        NewOrder {
            key: PAID_KEYS[0].parse().expect("it is a key"),
            customer_id: "ada".parse().expect("it is a customer"),
            contact: Contact {
                email: "ada@example.org".to_owned(),
                push_token: None,
            },
            payment_method: PaymentMethod("tok_ok".to_owned()),
            items: vec![Item {
                sku: "tea".parse().expect("it is a sku"),
                quantity: 1,
            }],
        }
    }
}

impl Model for OneOrder {
    type Contract = <OrdersModel as Model>::Contract;

    fn call(&self) -> BoxedStrategy<CallOf<Self>> {
        let order_id = OrderId::derive(&[Context::ANONYMOUS, PAID_KEYS[0]]);
        let ship = move |tracking_number| {
            let carrier = "Snail".to_owned();
            let shipment = Shipment {
                carrier,
                tracking_number,
            };
            OrdersCall::ShipOrder { order_id, shipment }
        };
        prop_oneof![
            1 => Just(OrdersCall::GetOrder { order_id }),
            3 => Just(OrdersCall::ConfirmOrder { order_id }),
            3 => "[a-z]{1,3}".prop_map(move |reason| OrdersCall::CancelOrder { order_id, reason }),
            3 => "[0-9]{1,3}".prop_map(ship),
            1 => Just(OrdersCall::DeliverOrder { order_id }),
        ]
        .boxed()
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

/// One order that is there before the first call, for callers that change it at once.
pub fn one_order_at_once(ground: &Ground, reaches: &[Reach]) -> Suite<OneOrder> {
    let suite = Suite::new("one order at once", OneOrder::begin());
    let suite = clocks("orders").into_iter().fold(suite, Suite::rule);
    let suite = suite.cases(cases::AT_ONCE).calls(CALLS);
    reaches.iter().fold(suite, |suite, reach| {
        let (ground, reach) = (ground.clone(), *reach);
        suite.subject(reach.name(), move || {
            let opening = open_orders(ground.clone(), reach);
            async move {
                let instance = opening.await?;
                let made = instance.service().create_order(OneOrder::wanted()).await;
                made.map_err(|error| format!("the order is not made: {error}"))?;
                Ok::<_, String>(instance)
            }
        })
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
