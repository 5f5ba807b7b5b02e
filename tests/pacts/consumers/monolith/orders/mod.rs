mod creating;
mod moving;
mod reading;

use std::sync::Arc;

use commerce::{Order, OrderError, OrderId, OrderStatus, http::orders::Client};
use seam::http::Socket;

use crate::consumers::{
    call::{Call, Place, minted},
    feed,
    fixtures::{self, PRICE, REASON, SKU, TOTAL, ordered, payment_id, shipment},
    states::{self, State},
    suite::{Link, Pact},
};

pub(crate) fn pact() -> Pact {
    let pact = creating::calls(Pact::between("monolith", "orders"));
    let pact = moving::calls(reading::calls(pact));
    feed::read(pact, "orders", vec![stocked(), ordered(OrderStatus::Pending)])
}

/// A call about an order with this status.
fn at(method: fn(&str, Place) -> Call, description: &str, action: &str, status: OrderStatus) -> Call {
    let place = minted(&format!("/v2/orders/${{order_id}}{action}"), order_id());
    method(description, place).given(stocked()).given(ordered(status))
}

fn stocked() -> State {
    states::stocked(SKU, PRICE, 100)
}

fn order_id() -> OrderId {
    fixtures::order_id("monolith-orders")
}

fn client(orders: Link) -> Client<Arc<Socket>> {
    Client::new(orders.socket())
}

fn is_two_lamps(order: Result<Order, OrderError>, wanted: OrderStatus) {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Shipped};
    let order = order.unwrap();
    assert_eq!((order.id, order.status, order.total), (order_id(), wanted, TOTAL));
    assert_eq!((order.lines[0].quantity, order.lines[0].unit_price), (2, PRICE));
    let paid = matches!(wanted, Confirmed | Shipped | Delivered);
    assert_eq!(order.payment_id, paid.then(payment_id));
    let shipped = matches!(wanted, Shipped | Delivered);
    assert_eq!(order.shipment, shipped.then(shipment));
    let reason = (wanted == Cancelled).then(|| REASON.to_owned());
    assert_eq!(order.cancel_reason, reason);
}
