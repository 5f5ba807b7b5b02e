//! The events that consumers follow, with everything that they read of them: the whole content, since an event
//! that can't be read becomes a dead letter even if it means nothing to the consumer.

use std::fmt::Display;

use commerce::{OrderEvent, OrderId, OrderLine};
use pact_consumer::patterns::JsonPattern;

use super::{
    fixtures::{PRICE, REASON, SKU, TOTAL, contact, payment_id, shipment},
    matchers::{each, money, text, uuid, whole},
};

/// The type of an event, its aggregate and its payload.
pub(crate) struct Event {
    pub(crate) event_type: &'static str,
    pub(crate) aggregate_id: String,
    pub(crate) payload: JsonPattern,
}

fn event(event_type: &'static str, aggregate: impl Display, payload: JsonPattern) -> Event {
    Event {
        event_type,
        aggregate_id: aggregate.to_string(),
        payload,
    }
}

pub(crate) fn payment_captured(order_id: OrderId, amount: JsonPattern) -> Event {
    let (payment, order) = (uuid(payment_id()), uuid(order_id));
    let payload = json_pattern!({ "payment_id": payment, "order_id": order, "amount": amount });
    event("PaymentCaptured", payment_id(), payload)
}

pub(crate) fn payment_failed(order_id: OrderId) -> Event {
    let (payment, order) = (uuid(payment_id()), uuid(order_id));
    let payload = json_pattern!({ "payment_id": payment, "order_id": order, "reason": text("card declined") });
    event("PaymentFailed", payment_id(), payload)
}

pub(crate) fn payment_refunded(order_id: OrderId) -> Event {
    let payload = json_pattern!({
        "payment_id": uuid(payment_id()),
        "order_id": uuid(order_id),
        "amount": money(TOTAL),
        "refunded": money(TOTAL),
    });
    event("PaymentRefunded", payment_id(), payload)
}

pub(crate) fn order_created(order_id: OrderId) -> Event {
    let payload = json_pattern!({
        "order_id": uuid(order_id),
        "customer_id": text("ada"),
        "contact": { "email": text(&contact().email) },
        "lines": each(json_pattern!({ "sku": text(SKU), "quantity": whole(2), "unit_price": money(PRICE) })),
        "total": money(TOTAL),
    });
    event("OrderCreated", order_id, payload)
}

pub(crate) fn order_confirmed(order_id: OrderId) -> Event {
    let payload = json_pattern!({ "order_id": uuid(order_id), "payment_id": uuid(payment_id()) });
    event("OrderConfirmed", order_id, payload)
}

pub(crate) fn order_cancelled(order_id: OrderId) -> Event {
    let payload = json_pattern!({ "order_id": uuid(order_id), "reason": text(REASON) });
    event("OrderCancelled", order_id, payload)
}

pub(crate) fn order_shipped(order_id: OrderId) -> Event {
    let payload = json_pattern!({
        "order_id": uuid(order_id),
        "shipment": { "carrier": text("Post"), "tracking_number": text("T-1") },
    });
    event("OrderShipped", order_id, payload)
}

pub(crate) fn order_delivered(order_id: OrderId) -> Event {
    event(
        "OrderDelivered",
        order_id,
        json_pattern!({ "order_id": uuid(order_id) }),
    )
}

/// The events of an order that is paid, shipped and delivered, up to but not including number `version`.
pub(crate) fn history(order_id: OrderId, version: i64) -> Vec<OrderEvent> {
    let line = OrderLine {
        sku: SKU.parse().unwrap(),
        quantity: 2,
        unit_price: PRICE,
    };
    let life = [
        OrderEvent::OrderCreated {
            order_id,
            customer_id: "ada".parse().unwrap(),
            contact: contact(),
            lines: vec![line],
            total: TOTAL,
        },
        OrderEvent::OrderConfirmed {
            order_id,
            payment_id: payment_id(),
        },
        OrderEvent::OrderShipped {
            order_id,
            shipment: shipment(),
        },
    ];
    life.into_iter().zip(1..version).map(|(event, _)| event).collect()
}
