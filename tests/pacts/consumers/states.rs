//! Provider states that the interactions require. Every state can be reached by public operations alone.
//!
//! Parameters describe the state. Values that the provider mints are returned under the names given here, and
//! stand as `${name}` in the interactions. Ids and keys that a consumer mints are fixed, and differ from
//! interaction to interaction.

use commerce::{
    IdempotencyKey, Money, NewNotification, NewOrderV2, NotificationKind, OrderId, OrderStatus, PaymentMethod,
    PaymentStatus, ReservationStatus,
};
use serde_json::{Value, json};

use super::fixtures::Held;

/// A provider state: its name, and parameters as JSON.
#[derive(Clone, Debug)]
pub(crate) struct State {
    pub(crate) name: &'static str,
    pub(crate) params: Value,
}

/// `stock` pieces of a product can be ordered at this price: `PUT /v2/products/{sku}` at Inventory.
pub(crate) fn stocked(sku: &str, price: Money, stock: i64) -> State {
    State {
        name: "a product in stock",
        params: json!({ "sku": sku, "price": price, "stock": stock }),
    }
}

/// At least `count` products exist, whichever they are.
pub(crate) fn products(count: u32) -> State {
    State {
        name: "products",
        params: json!({ "count": count }),
    }
}

/// An order that has reserved nothing. Returns `order_id`, a new one; no request is needed.
pub(crate) fn no_reservation() -> State {
    State {
        name: "an order without a reservation",
        params: json!({}),
    }
}

/// An order has reserved `quantity` pieces of a product, and its reservation has this status. Returns
/// `order_id`, a new one.
///
/// `PUT /v2/reservations/{order_id}` at Inventory, then `/commit` or `/release`. The product is in stock by
/// [`stocked`].
pub(crate) fn reservation(sku: &str, quantity: i64, status: ReservationStatus) -> State {
    State {
        name: "a reservation",
        params: json!({ "sku": sku, "quantity": quantity, "status": status }),
    }
}

/// This order was created, and keeps this status for at least a second. Returns `order_id`, and `payment_id` if
/// it is or was paid.
///
/// `POST /v2/orders` with the body `order` and a new key. With the payment method `tok_timeout` it stays
/// pending, with `tok_ok` it is confirmed soon, with `tok_decline` cancelled; `/ship` and `/deliver` do the
/// rest. Its products are in stock by [`stocked`].
pub(crate) fn order(status: OrderStatus, order: &NewOrderV2) -> State {
    State {
        name: "an order",
        params: json!({ "status": status, "order": order }),
    }
}

/// This order was created under this key, which repeats the reply for ever. Returns `order_id`.
///
/// `POST /v2/orders` with the key and the body `order`. Its products are in stock by [`stocked`].
pub(crate) fn order_under(key: &IdempotencyKey, order: &NewOrderV2) -> State {
    State {
        name: "an order under a key",
        params: json!({ "idempotency_key": key, "order": order }),
    }
}

/// This customer has exactly `count` orders, created under keys that are the same each time.
pub(crate) fn orders_of(customer_id: &str, count: u32) -> State {
    State {
        name: "orders of a customer",
        params: json!({ "customer_id": customer_id, "count": count }),
    }
}

/// An order was or was not paid by this method, and `refunded` was refunded since. Returns `payment_id` and
/// `order_id`, and `refund_key` after a refund: the idempotency key of that.
///
/// An order of this total at Orders, paid as its event says; then `POST /v2/payments/{payment_id}/refunds`.
pub(crate) fn payment(status: PaymentStatus, method: &PaymentMethod, amount: Money, refunded: Money) -> State {
    State {
        name: "a payment",
        params: json!({ "status": status, "payment_method": method, "amount": amount, "refunded": refunded }),
    }
}

/// This notification was sent. Returns `notification_id`. `POST /v2/notifications` with the key.
pub(crate) fn notification(notification: &NewNotification) -> State {
    let mut message = json!(notification);
    let key = message.as_object_mut().and_then(|message| message.remove("key"));
    State {
        name: "a notification",
        params: json!({ "idempotency_key": key, "message": message }),
    }
}

/// Exactly `count` notifications were sent about this order, all of this kind, under keys that are the same
/// each time.
pub(crate) fn notifications_about(order_id: OrderId, kind: NotificationKind, count: u32) -> State {
    State {
        name: "notifications about an order",
        params: json!({ "order_id": order_id, "kind": kind, "count": count }),
    }
}

/// The payment provider holds this amount under this key, neither captured nor voided. Returns
/// `authorization_id`.
///
/// `POST /authorizations` with the key and the body `hold`.
pub(crate) fn authorization(held: &Held) -> State {
    State {
        name: "an authorization",
        params: held.params(),
    }
}

/// The payment provider has declined to hold this amount. `POST /authorizations` with the key and the body
/// `hold`.
pub(crate) fn declined(held: &Held) -> State {
    State {
        name: "a declined authorization",
        params: held.params(),
    }
}

/// The payment provider holds this amount and has captured it under `capture_key`. Returns `authorization_id`
/// and `charge_id`.
///
/// As [`authorization`], then `POST /authorizations/{authorization_id}/capture`.
pub(crate) fn charge(held: &Held, capture_key: &str) -> State {
    let mut params = held.params();
    params["capture_key"] = json!(capture_key);
    State {
        name: "a charge",
        params,
    }
}

/// The same as [`charge`], and all of it was refunded under `refund_key`: `POST /charges/{charge_id}/refunds`.
/// Returns `refund_id` too.
pub(crate) fn refunded_charge(held: &Held, capture_key: &str, refund_key: &str) -> State {
    let mut params = held.params();
    params["capture_key"] = json!(capture_key);
    params["refund_key"] = json!(refund_key);
    State {
        name: "a refunded charge",
        params,
    }
}
