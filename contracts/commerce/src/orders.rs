use std::fmt;

use serde::{Deserialize, Serialize};

use crate::{CustomerId, Error, IdempotencyKey, Money, OrderId, Page, PageRequest, PaymentId, Sku, Timestamp};

/// Takes orders and owns their life from creation to delivery.
#[seam::contract(name = "orders")]
pub trait Orders: Send + Sync {
    /// Reserves the stock and accepts the order as `Pending`. Prices come from Inventory.
    ///
    /// The same key with the same request replays the first answer.
    #[write(key = order.key)]
    async fn create_order(&self, order: NewOrder) -> Result<Order, OrderError>;

    /// The order as it is now.
    #[read(key = order_id)]
    async fn get_order(&self, order_id: OrderId) -> Result<Order, OrderError>;

    /// A customer's orders, newest first.
    #[read(key = customer_id)]
    async fn list_orders_for_customer(
        &self,
        customer_id: CustomerId,
        page: PageRequest,
    ) -> Result<Page<Order>, OrderError>;

    /// `Pending` to `Confirmed`; refused without a captured payment of the order's total. Repeating it changes nothing.
    #[write(key = order_id)]
    async fn confirm_order(&self, order_id: OrderId) -> Result<Order, OrderError>;

    /// `Pending` or `Confirmed` to `Cancelled`; stock goes back and captured money is refunded. Repeating it changes nothing.
    #[write(key = order_id)]
    async fn cancel_order(&self, order_id: OrderId, reason: String) -> Result<Order, OrderError>;

    /// `Confirmed` to `Shipped`. Repeating it with the same shipment changes nothing.
    #[write(key = order_id)]
    async fn ship_order(&self, order_id: OrderId, shipment: Shipment) -> Result<Order, OrderError>;

    /// `Shipped` to `Delivered`. Repeating it changes nothing.
    #[write(key = order_id)]
    async fn deliver_order(&self, order_id: OrderId) -> Result<Order, OrderError>;
}

/// What a customer asks for.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// Who orders.
    pub customer_id: CustomerId,
    /// Where to tell them.
    pub contact: Contact,
    /// How they pay.
    pub payment_method: PaymentMethod,
    /// 1 to 100 items, each sku once.
    pub items: Vec<Item>,
}

/// Where a customer is told about an order. Personal data: never logged.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Contact {
    /// An address with one `@`, at most 254 characters (RFC 5321).
    #[schema(max_length = 254)]
    pub email: String,
    /// A device to push to: 1 to 1,000 visible ASCII characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub push_token: Option<String>,
}

impl fmt::Debug for Contact {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Contact(redacted)")
    }
}

/// The payment provider's token for a card or account: never a card number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(transparent)]
pub struct PaymentMethod(pub String);

impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentMethod(redacted)")
    }
}

/// So many of a product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Which product.
    pub sku: Sku,
    /// 1 to 1,000,000.
    #[schema(minimum = 1, maximum = 1_000_000)]
    pub quantity: i64,
}

/// An order as its owner knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Derived from the caller and the key.
    pub id: OrderId,
    /// Who ordered.
    pub customer_id: CustomerId,
    /// Where they are told.
    pub contact: Contact,
    /// How they pay.
    pub payment_method: PaymentMethod,
    /// Where it stands.
    pub status: OrderStatus,
    /// What was ordered, at the prices Inventory gave.
    pub lines: Vec<OrderLine>,
    /// The sum of the lines.
    pub total: Money,
    /// The captured payment, once there is one.
    pub payment_id: Option<PaymentId>,
    /// Why it was cancelled.
    pub cancel_reason: Option<String>,
    /// How it was shipped.
    pub shipment: Option<Shipment>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// When it was accepted.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderLine {
    /// Which product.
    pub sku: Sku,
    /// How many.
    pub quantity: i64,
    /// Price of one, when the order was made.
    pub unit_price: Money,
}

/// How an order travels.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// 1 to 100 characters.
    #[schema(max_length = 100)]
    pub carrier: String,
    /// 1 to 100 characters.
    #[schema(max_length = 100)]
    pub tracking_number: String,
}

/// Where an order stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Accepted, stock reserved, not paid.
    Pending,
    /// Paid.
    Confirmed,
    /// On its way.
    Shipped,
    /// Arrived.
    Delivered,
    /// Will not happen.
    Cancelled,
}

impl OrderStatus {
    /// Every status.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Confirmed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// Whether an order may go there from here. Staying is no transition.
    pub fn can_become(self, to: Self) -> bool {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Shipped};
        matches!(
            (self, to),
            (Pending, Confirmed | Cancelled) | (Confirmed, Shipped | Cancelled) | (Shipped, Delivered)
        )
    }
}

/// What a call of [`Orders`] fails with.
pub type OrderError = Error<OrderConflict>;

/// Why the state of an order, or of what it needs, forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OrderConflict {
    /// The order can't go there from here.
    #[error("order can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Where it is.
        from: OrderStatus,
        /// Where it was to go.
        to: OrderStatus,
    },
    /// There is no captured payment of the order's total.
    #[error("order {order_id} has no captured payment of its total")]
    NotPaid {
        /// The order.
        order_id: OrderId,
    },
    /// Inventory does not know the product.
    #[error("there is no product {sku}")]
    UnknownProduct {
        /// The product.
        sku: Sku,
    },
    /// Not enough in stock.
    #[error("{sku}: {wanted} wanted, {available} in stock")]
    InsufficientStock {
        /// The product.
        sku: Sku,
        /// How many were asked for.
        wanted: i64,
        /// How many there are.
        available: i64,
    },
    /// The total can't be computed: amounts too large, or more than one currency.
    #[error("order total can't be computed: {reason}")]
    Total {
        /// Why.
        reason: String,
    },
}
