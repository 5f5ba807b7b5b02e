use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};
use utoipa::{
    PartialSchema, ToSchema,
    openapi::{Ref, RefOr, Schema, schema::ArrayBuilder},
};

use crate::{
    Contact, CustomerId, Error, IdempotencyKey, Invalid, Money, OrderId, Page, PageRequest, PaymentId, Sku, Timestamp,
    check,
    json::HIDDEN,
    schema::{named_schema, text_rule, text_schema},
    whole,
};

/// Accepts orders and owns their life from creation to delivery.
#[seam::contract(name = "orders")]
pub trait Orders: Send + Sync {
    /// Reserves the stock and accepts the order as `Pending`. Inventory sets the prices.
    ///
    /// The same key with the same request repeats the first reply.
    #[write(key = order.key, idempotent)]
    async fn create_order(&self, order: NewOrder) -> Result<Order, OrderError>;

    /// Returns the order in its present state.
    #[read(key = order_id)]
    async fn get_order(&self, order_id: OrderId) -> Result<Order, OrderError>;

    /// Lists a customer's orders, newest first.
    #[read(key = customer_id)]
    async fn list_orders_for_customer(
        &self,
        customer_id: CustomerId,
        page: PageRequest,
    ) -> Result<Page<Order>, OrderError>;

    /// Moves a `Pending` order to `Confirmed`; fails without a captured payment of the order's total.
    ///
    /// Repeating it changes nothing.
    #[write(key = order_id, idempotent)]
    async fn confirm_order(&self, order_id: OrderId) -> Result<Order, OrderError>;

    /// Moves a `Pending` or `Confirmed` order to `Cancelled`: its stock goes back, and captured money is refunded.
    ///
    /// Repeating it changes nothing.
    #[write(key = order_id, idempotent)]
    async fn cancel_order(&self, order_id: OrderId, reason: String) -> Result<Order, OrderError>;

    /// Moves a `Confirmed` order to `Shipped`. Repeating it with the same shipment changes nothing.
    #[write(key = order_id, idempotent)]
    async fn ship_order(&self, order_id: OrderId, shipment: Shipment) -> Result<Order, OrderError>;

    /// Moves a `Shipped` order to `Delivered`. Repeating it changes nothing.
    #[write(key = order_id, idempotent)]
    async fn deliver_order(&self, order_id: OrderId) -> Result<Order, OrderError>;
}

/// Request for an order.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewOrder {
    /// Key that names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// Customer who orders.
    pub customer_id: CustomerId,
    /// Address and device at which the customer is notified.
    pub contact: Contact,
    /// Token that pays for the order.
    pub payment_method: PaymentMethod,
    /// 1 to 100 items, each sku once.
    pub items: Vec<Item>,
}

impl NewOrder {
    /// Refuses a request that can never become an order: a malformed contact, payment method or list of items.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.contact.validate()?;
        self.payment_method.validate()?;
        Item::validate_all(&self.items)
    }
}

/// The payment provider's token for a card or account, never a card number.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct PaymentMethod(pub String);

text_schema!(PaymentMethod, |text| PaymentMethod::RULE.describe(text));

impl PaymentMethod {
    const RULE: check::Text = check::Text::visible(255);

    /// Refuses anything but 1 to 255 visible ASCII characters. The error does not repeat the token.
    pub fn validate(&self) -> Result<(), Invalid> {
        Self::RULE.check("payment_method", &self.0, HIDDEN)
    }
}

impl fmt::Debug for PaymentMethod {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("PaymentMethod(redacted)")
    }
}

/// A quantity of one product.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Item {
    /// Sku of the product.
    pub sku: Sku,
    /// Number of units: 1 to 1,000,000.
    #[schema(value_type = Quantity)]
    #[serde(deserialize_with = "whole::deserialize")]
    pub quantity: i64,
}

named_schema!(Quantity, Item::QUANTITY.describe());

/// Name of the schema of a list of items.
pub(crate) enum Items {}

impl PartialSchema for Items {
    /// Describes the lists that [`Item::validate_all`] accepts, apart from each sku being there once: JSON Schema can't
    /// say that.
    fn schema() -> RefOr<Schema> {
        ArrayBuilder::new()
            .items(Ref::from_schema_name(Item::name()))
            .min_items(Some(1))
            .max_items(Some(Item::MAX_ITEMS))
            .unique_items(true)
            .into()
    }
}

impl ToSchema for Items {
    fn schemas(schemas: &mut Vec<(String, RefOr<Schema>)>) {
        schemas.push((Item::name().into_owned(), Item::schema()));
        Item::schemas(schemas);
    }
}

impl Item {
    const MAX_ITEMS: usize = 100;
    const QUANTITY: check::Number = check::Number {
        least: 1,
        most: 1_000_000,
    };

    /// Refuses a list that is empty or has more than 100 items, a quantity out of range, and a sku that comes twice.
    pub(crate) fn validate_all(items: &[Self]) -> Result<(), Invalid> {
        if items.is_empty() || items.len() > Self::MAX_ITEMS {
            return Err(Invalid::new(
                "items",
                format!("a list of {}", items.len()),
                "1 to 100 items",
            ));
        }
        let mut seen = BTreeSet::new();
        for (index, item) in items.iter().enumerate() {
            let quantity = format!("items[{index}].quantity");
            Self::QUANTITY.check(&quantity, item.quantity)?;
            if !seen.insert(&item.sku) {
                return Err(Invalid::new(format!("items[{index}].sku"), &item.sku, "each sku once"));
            }
        }
        Ok(())
    }
}

/// An order as its owner knows it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Order {
    /// Id derived from the caller and the key.
    pub id: OrderId,
    /// Customer who ordered.
    pub customer_id: CustomerId,
    /// Address and device at which the customer is notified.
    pub contact: Contact,
    /// Token that pays for the order.
    pub payment_method: PaymentMethod,
    /// Present state of the order.
    pub status: OrderStatus,
    /// Products ordered, at the prices that Inventory gave.
    pub lines: Vec<OrderLine>,
    /// Sum of the lines.
    pub total: Money,
    /// The captured payment; `None` until there is one.
    pub payment_id: Option<PaymentId>,
    /// Reason of the cancellation; `None` unless cancelled.
    pub cancel_reason: Option<String>,
    /// Carrier and tracking number; `None` until shipped.
    pub shipment: Option<Shipment>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time of the acceptance.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

impl Order {
    /// Refuses a reason to cancel that is blank or longer than 500 characters.
    pub fn validate_cancel_reason(reason: &str) -> Result<(), Invalid> {
        REASON.check("reason", reason, reason)
    }
}

const REASON: check::Text = check::Text::free(500);
const CARRIER: check::Text = check::Text::free(100);
const TRACKING_NUMBER: check::Text = check::Text::free(100);

text_rule!(Reason, REASON);
text_rule!(Carrier, CARRIER);
text_rule!(TrackingNumber, TRACKING_NUMBER);

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderLine {
    /// Sku of the product.
    pub sku: Sku,
    /// Number of units ordered.
    pub quantity: i64,
    /// Price of one unit at the time of the order.
    pub unit_price: Money,
}

/// Carrier and tracking number of a shipped order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct Shipment {
    /// Name of the carrier: 1 to 100 characters.
    #[schema(value_type = Carrier)]
    pub carrier: String,
    /// The carrier's number: 1 to 100 characters.
    #[schema(value_type = TrackingNumber)]
    pub tracking_number: String,
}

impl Shipment {
    /// Refuses a carrier or tracking number that is blank or longer than 100 characters.
    pub fn validate(&self) -> Result<(), Invalid> {
        CARRIER.check("carrier", &self.carrier, &self.carrier)?;
        TRACKING_NUMBER.check("tracking_number", &self.tracking_number, &self.tracking_number)
    }
}

/// State of an order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum OrderStatus {
    /// Accepted, stock reserved, not paid.
    Pending,
    /// Paid, not yet shipped.
    Confirmed,
    /// Handed to the carrier.
    Shipped,
    /// Arrived at the customer.
    Delivered,
    /// Given up for good.
    Cancelled,
}

impl OrderStatus {
    /// Every status, in the order of the declaration.
    pub const ALL: [Self; 5] = [
        Self::Pending,
        Self::Confirmed,
        Self::Shipped,
        Self::Delivered,
        Self::Cancelled,
    ];

    /// Tells if an order in this status may move to `to`. Staying is not a transition.
    pub fn can_become(self, to: Self) -> bool {
        use OrderStatus::{Cancelled, Confirmed, Delivered, Pending, Shipped};
        matches!(
            (self, to),
            (Pending, Confirmed | Cancelled) | (Confirmed, Shipped | Cancelled) | (Shipped, Delivered)
        )
    }
}

/// Error of every method of [`Orders`].
pub type OrderError = Error<OrderConflict>;

/// The state of an order, or of something it needs, that forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum OrderConflict {
    /// The order's state does not allow this transition.
    #[error("order can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Present state of the order.
        from: OrderStatus,
        /// State that was asked for.
        to: OrderStatus,
    },
    /// The order has no captured payment of its total.
    #[error("order {order_id} has no captured payment of its total")]
    NotPaid {
        /// Id of the order.
        order_id: OrderId,
    },
    /// Inventory does not know the product.
    #[error("there is no product {sku}")]
    UnknownProduct {
        /// Sku of the product.
        sku: Sku,
    },
    /// The stock does not cover the quantity.
    #[error("{sku}: {wanted} wanted, {available} in stock")]
    InsufficientStock {
        /// Sku of the product.
        sku: Sku,
        /// Number of units asked for.
        wanted: i64,
        /// Number of units in stock.
        available: i64,
    },
    /// The total can't be computed: the amounts are too large, or of more than one currency.
    #[error("order total can't be computed: {reason}")]
    Total {
        /// Reason given by the arithmetic.
        reason: String,
    },
}
