use commerce::{
    Contact, CustomerId, Error, NewOrder, Order, OrderError, OrderId, OrderStatus, Orders, Page, PageRequest,
    PaymentMethod, Shipment, Timestamp,
};
use seam::TransportFailure;

use crate::equivalence::models::values::price_in;

/// The orders of this platform, by name: one of each kind that Payments can meet. They never change.
const ORDERS: [Kind; 9] = [
    Kind("card", OrderStatus::Pending, 1_000, "EUR", "tok_ok"),
    // More than a double can count, by a method that JSON and paths have to escape.
    Kind(
        "yen",
        OrderStatus::Pending,
        (1 << 53) + 1,
        "JPY",
        "a/b?c#d%25;=&+<>|\"\\",
    ),
    Kind("most", OrderStatus::Pending, i64::MAX, "EUR", "tok_ok"),
    Kind("declined", OrderStatus::Pending, 500, "EUR", "tok_decline"),
    Kind("final", OrderStatus::Pending, 500, "EUR", "tok_refund_refused"),
    Kind("confirmed", OrderStatus::Confirmed, 500, "EUR", "tok_ok"),
    Kind("shipped", OrderStatus::Shipped, 500, "EUR", "tok_ok"),
    Kind("delivered", OrderStatus::Delivered, 500, "EUR", "tok_ok"),
    Kind("cancelled", OrderStatus::Cancelled, 500, "EUR", "tok_ok"),
];

/// The order for which Orders never replies.
const SILENT: &str = "silent";

/// Every name, including one that no order has.
pub(super) const NAMES: [&str; 11] = [
    "card",
    "yen",
    "most",
    "declined",
    "final",
    "confirmed",
    "shipped",
    "delivered",
    "cancelled",
    SILENT,
    "none",
];

/// An order's name, status, total, currency and payment method.
struct Kind(&'static str, OrderStatus, i64, &'static str, &'static str);

/// The id of the order with this name.
pub fn id_of(name: &str) -> OrderId {
    OrderId::derive(&[name])
}

/// The reply of Orders to a query for the order.
pub(super) fn get(id: OrderId) -> Result<Order, OrderError> {
    if id == id_of(SILENT) {
        return Err(Error::Transport(TransportFailure::new("orders", "it said nothing")));
    }
    let kind = ORDERS.iter().find(|kind| id_of(kind.0) == id);
    kind.map(order).ok_or_else(|| Error::NotFound {
        what: "order".to_owned(),
        id: id.to_string(),
    })
}

fn order(Kind(name, status, cents, currency, method): &Kind) -> Order {
    let epoch = Timestamp::from_micros(0).expect("the epoch is a timestamp");
    Order {
        id: id_of(name),
        customer_id: "ann".parse().expect("it is a customer's id"),
        contact: Contact {
            email: "ann@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod((*method).to_owned()),
        status: *status,
        lines: Vec::new(),
        total: price_in(*cents, currency),
        payment_id: None,
        cancel_reason: None,
        shipment: None,
        version: 1,
        created_at: epoch,
        updated_at: epoch,
    }
}

/// A fake of Orders: these orders can be looked up, and nothing else works.
#[derive(Debug)]
pub(crate) struct FixedOrders;

#[seam::async_trait]
impl Orders for FixedOrders {
    async fn get_order(&self, order_id: OrderId) -> Result<Order, OrderError> {
        get(order_id)
    }

    async fn create_order(&self, _: NewOrder) -> Result<Order, OrderError> {
        Err(Error::Internal)
    }

    async fn list_orders_for_customer(&self, _: CustomerId, _: PageRequest) -> Result<Page<Order>, OrderError> {
        Err(Error::Internal)
    }

    async fn confirm_order(&self, _: OrderId) -> Result<Order, OrderError> {
        Err(Error::Internal)
    }

    async fn cancel_order(&self, _: OrderId, _: String) -> Result<Order, OrderError> {
        Err(Error::Internal)
    }

    async fn ship_order(&self, _: OrderId, _: Shipment) -> Result<Order, OrderError> {
        Err(Error::Internal)
    }

    async fn deliver_order(&self, _: OrderId) -> Result<Order, OrderError> {
        Err(Error::Internal)
    }
}
