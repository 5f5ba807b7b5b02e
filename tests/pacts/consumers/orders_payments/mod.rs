//! Orders queries payments, refunds through Payments, and follows its events.

mod asking;
mod following;
mod refunding;

use std::sync::Arc;

use commerce::{Currency, EventFeed, Order, OrderId, Orders, Payments};
use seam::Context;
use serde_json::{Value, json};

use super::{
    feed,
    fixtures::{PRICE, SKU, TOTAL, euros, key, paid_by, two_lamps},
    neighbours::inventory_with,
    opened::{self, Opened},
    states,
    suite::Pact,
};

const CALLER: &str = "shop";
const KEY: &str = "orders-payments";

pub(crate) fn pact() -> Pact {
    let pact = Pact::between("orders", "payments");
    let pact = following::messages(refunding::calls(asking::calls(pact)));
    feed::read(pact, "payments", vec![captured()])
}

fn captured() -> states::State {
    let status = commerce::PaymentStatus::Captured;
    states::payment(status, &paid_by("tok_ok"), TOTAL, euros(0))
}

fn order_id() -> OrderId {
    OrderId::derive(&[CALLER, KEY])
}

/// Opens Orders with one pending order of two lamps.
async fn with_one_order(payments: Arc<dyn Payments>, events: Arc<dyn EventFeed>) -> (Opened<dyn Orders>, Order) {
    let orders = opened::orders(inventory_with(two_reserved()), payments, events).await;
    let new = two_lamps("tok_ok").keyed(key(KEY));
    let created = Context::root(CALLER).scope(orders.service.create_order(new)).await;
    let order = created.unwrap();
    assert_eq!((order.id, order.total), (order_id(), TOTAL));
    (orders, order)
}

fn two_reserved() -> Value {
    let at = "2026-01-31T12:00:00.000000Z";
    json!({
        "order_id": order_id(),
        "status": "reserved",
        "lines": [{ "sku": SKU, "quantity": 2, "unit_price": { "cents": PRICE.cents, "currency": Currency::EUR } }],
        "version": 1,
        "created_at": at,
        "updated_at": at,
    })
}
