use std::borrow::Cow;

use commerce::{OrderId, OrdersCall, Shipment};
use proptest::prelude::*;
use seam::{
    Context,
    equivalence::{CallOf, Cell, Model, ReplyOf, Suite},
};

use super::at_once;
use crate::equivalence::{
    Reach, Storage,
    models::{OrdersModel, PAID_KEYS, one_tea},
    suites::open_orders,
};

/// A model whose calls are about one paid order.
#[derive(Clone, Debug, PartialEq)]
pub struct OneOrder(OrdersModel);

impl Model for OneOrder {
    type Contract = <OrdersModel as Model>::Contract;

    fn next_call(&self) -> BoxedStrategy<CallOf<Self>> {
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

/// The suite of one order, which the setup makes and concurrent callers change.
pub fn one_order_at_once(storage: &Storage, reaches: &[Reach]) -> Suite<OneOrder> {
    let model = OneOrder(OrdersModel::begin());
    let suite = at_once("one order at once", "orders", model, storage, reaches, open_orders);
    suite.setup([OrdersCall::CreateOrder {
        order: one_tea(PAID_KEYS[0]),
    }])
}
