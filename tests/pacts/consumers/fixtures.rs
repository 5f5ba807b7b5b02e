//! Examples of the things that consumers ask about, with the fields that our own clients read: every field that
//! is not optional.

use std::fmt::Display;

use commerce::{
    Contact, Currency, Delivery, IdempotencyKey, Item, Money, NewOrderV2, NotificationKind, OrderId, OrderStatus,
    PaymentId, PaymentMethod, PaymentStatus, ReservationStatus, Shipment,
};
use pact_consumer::patterns::JsonPattern;
use payments::provider::Hold;
use serde_json::{Value, json};

use super::{
    matchers::{currency, each, money, one_of, only, text, timestamp, uuid, whole},
    states::{self, State},
};

/// The product that is ordered.
pub(crate) const SKU: &str = "lamp";
/// The price of one piece.
pub(crate) const PRICE: Money = euros(675);
/// The price of two pieces.
pub(crate) const TOTAL: Money = euros(1350);

/// The reason for which an order is cancelled.
pub(crate) const REASON: &str = "changed my mind";

/// An amount in euros.
pub(crate) const fn euros(cents: i64) -> Money {
    Money::new(cents, Currency::EUR)
}

pub(crate) fn key(text: &str) -> IdempotencyKey {
    text.parse().unwrap()
}

/// The id of an order, the same for the same `name`.
pub(crate) fn order_id(name: &str) -> OrderId {
    OrderId::derive(&["pact", name])
}

pub(crate) fn payment_id() -> PaymentId {
    PaymentId::derive(&["pact"])
}

pub(crate) fn paid_by(token: &str) -> PaymentMethod {
    PaymentMethod(token.to_owned())
}

pub(crate) fn contact() -> Contact {
    Contact {
        email: "ada@example.org".to_owned(),
        push_token: None,
    }
}

pub(crate) fn shipment() -> Shipment {
    Shipment {
        carrier: "Post".to_owned(),
        tracking_number: "T-1".to_owned(),
    }
}

pub(crate) fn items(sku: &str, quantity: i64) -> Vec<Item> {
    let sku = sku.parse().unwrap();
    vec![Item { sku, quantity }]
}

/// A request of Ada for two lamps.
pub(crate) fn two_lamps(method: &str) -> NewOrderV2 {
    NewOrderV2 {
        customer_id: "ada".parse().unwrap(),
        contact: contact(),
        payment_method: paid_by(method),
        items: items(SKU, 2),
    }
}

/// The state that two lamps were ordered and that the order has this status.
pub(crate) fn ordered(status: OrderStatus) -> State {
    let method = match status {
        OrderStatus::Pending => "tok_timeout",
        OrderStatus::Cancelled => "tok_decline",
        OrderStatus::Confirmed | OrderStatus::Shipped | OrderStatus::Delivered => "tok_ok",
    };
    states::order(status, &two_lamps(method))
}

/// An order with this status.
pub(crate) fn order(id: impl Display, status: OrderStatus) -> JsonPattern {
    json_pattern!({
        "id": uuid(id),
        "status": only(status),
        "total_cents": whole(TOTAL.cents),
        "currency": currency(),
        "line_items": each(json_pattern!({
            "sku": text(SKU),
            "quantity": whole(2),
            "unit_price_cents": whole(PRICE.cents),
        })),
        "customer_id": text("ada"),
        "contact": { "email": text(&contact().email) },
        "payment_method": text("tok_ok"),
        "version": whole(1),
        "created_at": timestamp(),
        "updated_at": timestamp(),
    })
}

/// The same, with the optional fields that it has in this status, for a consumer that passes them on.
pub(crate) fn order_in_full(id: impl Display, status: OrderStatus) -> JsonPattern {
    use OrderStatus::{Cancelled, Confirmed, Delivered, Shipped};
    let mut order = order(id, status);
    let JsonPattern::Object(fields) = &mut order else {
        return order;
    };
    if let Confirmed | Shipped | Delivered = status {
        fields.insert("payment_id".to_owned(), uuid(payment_id()));
    }
    if let Shipped | Delivered = status {
        let Shipment {
            carrier,
            tracking_number,
        } = shipment();
        let shipment = json_pattern!({ "carrier": text(&carrier), "tracking_number": text(&tracking_number) });
        fields.insert("shipment".to_owned(), shipment);
    }
    if status == Cancelled {
        fields.insert("cancel_reason".to_owned(), text(REASON));
    }
    order
}

/// A reservation of two lamps, in any status.
pub(crate) fn reservation(order_id: impl Display) -> JsonPattern {
    let lines = each(json_pattern!({ "sku": text(SKU), "quantity": whole(2), "unit_price": money(PRICE) }));
    reserved(
        order_id,
        one_of(&ReservationStatus::ALL, ReservationStatus::Reserved),
        lines,
    )
}

/// A reservation with this status and these lines.
pub(crate) fn reserved(order_id: impl Display, status: JsonPattern, lines: JsonPattern) -> JsonPattern {
    json_pattern!({
        "order_id": uuid(order_id),
        "status": status,
        "lines": lines,
        "version": whole(1),
        "created_at": timestamp(),
        "updated_at": timestamp(),
    })
}

/// A payment of two lamps.
pub(crate) fn payment(order_id: impl Display, status: JsonPattern, captured: JsonPattern) -> JsonPattern {
    json_pattern!({
        "id": uuid(payment_id()),
        "order_id": uuid(order_id),
        "status": status,
        "amount": money(TOTAL),
        "captured": captured,
        "refunded": money(euros(0)),
        "version": whole(1),
        "created_at": timestamp(),
        "updated_at": timestamp(),
    })
}

/// A payment in any status, for a consumer that ignores the status.
pub(crate) fn any_payment(order_id: impl Display) -> JsonPattern {
    let status = one_of(&PaymentStatus::ALL, PaymentStatus::Captured);
    payment(order_id, status, money(TOTAL))
}

/// A notification about an order.
pub(crate) fn notification(id: impl Display, order_id: impl Display, kind: NotificationKind) -> JsonPattern {
    let delivered = one_of(&[Delivery::Pending, Delivery::Sent, Delivery::Refused], Delivery::Sent);
    json_pattern!({
        "id": uuid(id),
        "order_id": uuid(order_id),
        "kind": only(kind),
        "email": delivered,
        "version": whole(1),
        "created_at": timestamp(),
        "updated_at": timestamp(),
    })
}

/// A page of a list, with exactly these items.
pub(crate) fn page(items: Vec<JsonPattern>, page: u32, page_size: u32, total: i64) -> JsonPattern {
    let items = JsonPattern::Array(items);
    json_pattern!({
        "items": items,
        "page": whole(page.into()),
        "page_size": whole(page_size.into()),
        "total": whole(total),
    })
}

/// An amount that the payment provider is asked to hold.
#[derive(Clone, Debug)]
pub(crate) struct Held {
    pub(crate) key: String,
    pub(crate) amount: Money,
    pub(crate) method: PaymentMethod,
}

/// The price of two lamps, held under this key.
pub(crate) fn held(key: &str, token: &str) -> Held {
    Held {
        key: key.to_owned(),
        amount: TOTAL,
        method: paid_by(token),
    }
}

impl Held {
    /// The hold as parameters of a state.
    pub(crate) fn params(&self) -> Value {
        json!({ "key": self.key, "hold": self.body() })
    }

    /// The hold as the body of the request for it.
    pub(crate) fn body(&self) -> Value {
        let Hold {
            amount,
            payment_method,
            reference,
        } = self.hold();
        json!({
            "amount_cents": amount.cents,
            "currency": amount.currency,
            "payment_method": payment_method,
            "reference": reference,
        })
    }

    /// The hold as an argument of our client.
    pub(crate) fn hold(&self) -> Hold {
        Hold {
            amount: self.amount,
            payment_method: self.method.clone(),
            reference: order_id("payments-provider").to_string(),
        }
    }
}
