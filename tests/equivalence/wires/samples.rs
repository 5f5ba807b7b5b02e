//! A call of every method with its reply, and a reply of every error, with every optional field present.

use serde_json::{Value, json};

/// The calls and replies of one contract.
pub(super) struct Samples {
    calls: Vec<(Value, Value)>,
    /// Error replies, each to the first call.
    errors: Vec<Value>,
    /// Fields with a limit, and whether their type allows one character more.
    pub(super) limits: &'static [(&'static str, usize, bool)],
    /// Kinds of values for which the contract has no place.
    pub(super) nowhere: &'static [&'static str],
}

impl Samples {
    pub(super) fn calls(&self) -> impl Iterator<Item = &(Value, Value)> {
        self.calls.iter()
    }

    /// Calls with their replies, values and errors.
    pub(super) fn exchanges(&self) -> Vec<(&Value, &Value)> {
        let values = self.calls.iter().map(|(call, reply)| (call, reply));
        let (first, _) = &self.calls[0];
        values.chain(self.errors.iter().map(|error| (first, error))).collect()
    }
}

const ID: &str = "6f1c2a52-7f0c-5d0e-8b1e-2f3c4d5e6f70";
const AT: &str = "2026-01-31T12:00:00.123456Z";

/// A call of a method, and its reply.
fn answered(method: &str, call: Value, value: &Value) -> (Value, Value) {
    (json!({ method: call }), json!({ method: { "Ok": value } }))
}

fn page_of(item: &Value) -> Value {
    json!({ "items": [item], "page": 1, "page_size": 20, "total": 1 })
}

fn page() -> Value {
    json!({ "page": 1, "page_size": 20 })
}

fn money() -> Value {
    json!({ "cents": 450, "currency": "EUR" })
}

fn contact() -> Value {
    json!({ "email": "ada@example.org", "push_token": "device-1" })
}

/// Every error except a transport failure, as replies of this method.
fn errors(method: &str, conflicts: &[Value]) -> Vec<Value> {
    let common = [
        json!({ "not_found": { "what": "order", "id": "k" } }),
        json!({ "invalid_input": { "field": "f", "value": "v", "wanted": "w" } }),
        json!({ "key_reused": { "key": "k" } }),
        json!({ "in_flight": { "key": "k", "retry_after_ms": 5 } }),
        json!("key_missing"),
        json!({ "unauthorized": { "reason": "r" } }),
        json!({ "rate_limited": { "retry_after_ms": 5 } }),
        json!({ "service_unavailable": { "service": "s", "reason": "r" } }),
        json!("internal"),
    ];
    let conflicts = conflicts.iter().map(|conflict| json!({ "conflict": conflict }));
    let all = common.into_iter().chain(conflicts);
    all.map(|error| json!({ method: { "Err": error } })).collect()
}

pub(super) fn orders() -> Samples {
    let order = json!({
        "id": ID, "customer_id": "ada", "contact": contact(), "payment_method": "tok_ok", "status": "shipped",
        "lines": [{ "sku": "tea", "quantity": 3, "unit_price": money() }], "total": money(), "payment_id": ID,
        "cancel_reason": "r", "shipment": { "carrier": "Snail", "tracking_number": "1Z" },
        "version": 3, "created_at": AT, "updated_at": AT,
    });
    let new = json!({
        "key": "k", "customer_id": "ada", "contact": contact(), "payment_method": "tok_ok",
        "items": [{ "sku": "tea", "quantity": 1 }, { "sku": "cup", "quantity": 2 }],
    });
    let shipment = json!({ "carrier": "Snail", "tracking_number": "1Z" });
    let conflicts = [
        json!({ "kind": "illegal_transition", "from": "pending", "to": "shipped" }),
        json!({ "kind": "not_paid", "order_id": ID }),
        json!({ "kind": "unknown_product", "sku": "tea" }),
        json!({ "kind": "insufficient_stock", "sku": "tea", "wanted": 2, "available": 1 }),
        json!({ "kind": "total", "reason": "r" }),
    ];
    let of_customer = json!({ "customer_id": "ada", "page": page() });
    Samples {
        calls: vec![
            answered("create_order", json!({ "order": new }), &order),
            answered("get_order", json!({ "order_id": ID }), &order),
            answered("list_orders_for_customer", of_customer, &page_of(&order)),
            answered("confirm_order", json!({ "order_id": ID }), &order),
            answered("cancel_order", json!({ "order_id": ID, "reason": "r" }), &order),
            answered("ship_order", json!({ "order_id": ID, "shipment": shipment }), &order),
            answered("deliver_order", json!({ "order_id": ID }), &order),
        ],
        errors: errors("create_order", &conflicts),
        limits: &[
            ("key", 255, false),
            ("customer_id", 64, false),
            ("sku", 64, false),
            ("email", 254, true),
            ("push_token", 1_000, true),
            ("payment_method", 255, true),
            ("reason", 500, true),
            ("carrier", 100, true),
            ("tracking_number", 100, true),
        ],
        nowhere: &[],
    }
}

pub(super) fn payments() -> Samples {
    let payment = json!({
        "id": ID, "order_id": ID, "status": "partially_refunded", "amount": money(), "captured": money(),
        "refunded": money(), "failure": "f", "version": 3, "created_at": AT, "updated_at": AT,
    });
    let refund = json!({ "payment_id": ID, "refund": { "key": "k", "amount": money() } });
    let conflicts = [
        json!({ "kind": "illegal_transition", "from": "failed", "to": "refunded" }),
        json!({ "kind": "refund_exceeds_captured", "wanted": money(), "left": money() }),
        json!({ "kind": "order_not_payable", "order_id": ID, "status": "s" }),
        json!({ "kind": "refund_refused", "reason": "r" }),
    ];
    Samples {
        calls: vec![
            answered("refund_payment", refund, &payment),
            answered("process_payment", json!({ "order_id": ID }), &payment),
            answered("get_payment", json!({ "payment_id": ID }), &payment),
            answered(
                "list_payments_for_order",
                json!({ "order_id": ID, "page": page() }),
                &page_of(&payment),
            ),
        ],
        errors: errors("refund_payment", &conflicts),
        limits: &[("key", 255, false)],
        nowhere: &[],
    }
}

pub(super) fn inventory() -> Samples {
    let product = json!({
        "sku": "tea", "price": money(), "stock": 5, "reserved": 1, "committed": 2, "version": 3, "updated_at": AT,
    });
    let reservation = json!({
        "order_id": ID, "status": "reserved", "lines": [{ "sku": "tea", "quantity": 1, "unit_price": money() }],
        "version": 1, "created_at": AT, "updated_at": AT,
    });
    let update = json!({ "sku": "tea", "price": money(), "stock": 5 });
    let request =
        json!({ "order_id": ID, "items": [{ "sku": "tea", "quantity": 1 }, { "sku": "cup", "quantity": 2 }] });
    let conflicts = [
        json!({ "kind": "unknown_product", "sku": "tea" }),
        json!({ "kind": "insufficient_stock", "sku": "tea", "wanted": 2, "available": 1 }),
        json!({ "kind": "illegal_transition", "from": "released", "to": "reserved" }),
        json!({ "kind": "other_items", "order_id": ID }),
    ];
    Samples {
        calls: vec![
            answered("put_product", json!({ "product": update }), &product),
            answered("get_product", json!({ "sku": "tea" }), &product),
            answered("list_products", json!({ "page": page() }), &page_of(&product)),
            answered("reserve", json!({ "request": request }), &reservation),
            answered("release", json!({ "order_id": ID }), &reservation),
            answered("commit", json!({ "order_id": ID }), &reservation),
        ],
        errors: errors("put_product", &conflicts),
        limits: &[("sku", 64, false)],
        nowhere: &["nothing"],
    }
}

pub(super) fn notifications() -> Samples {
    let told = json!({
        "id": ID, "order_id": ID, "kind": "order_shipped", "email": "sent", "push": "refused",
        "version": 1, "created_at": AT, "updated_at": AT,
    });
    let new = json!({ "key": "k", "order_id": ID, "contact": contact(), "kind": "order_shipped", "note": "n" });
    let conflicts = [json!({ "kind": "recipient_refused", "notification_id": ID })];
    Samples {
        calls: vec![
            answered("notify", json!({ "notification": new }), &told),
            answered("get_notification", json!({ "notification_id": ID }), &told),
            answered(
                "list_notifications_for_order",
                json!({ "order_id": ID, "page": page() }),
                &page_of(&told),
            ),
        ],
        errors: errors("notify", &conflicts),
        limits: &[
            ("key", 255, false),
            ("email", 254, true),
            ("push_token", 1_000, true),
            ("note", 1_000, true),
        ],
        nowhere: &[],
    }
}
