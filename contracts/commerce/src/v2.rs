use serde::{Deserialize, Serialize};

use crate::{
    Contact, Currency, CustomerId, IdempotencyKey, Item, Money, NewOrder, Order, OrderId, OrderLine, OrderStatus,
    PaymentId, PaymentMethod, Shipment, Sku, Timestamp, orders::Items,
};

/// Body of a request for an order in version 2 of the API. The key travels as a header.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub struct NewOrderV2 {
    /// Customer who orders.
    pub customer_id: CustomerId,
    /// Address and device at which the customer is notified.
    pub contact: Contact,
    /// Token that pays for the order.
    pub payment_method: PaymentMethod,
    /// 1 to 100 items, each sku once.
    #[schema(value_type = Items)]
    pub items: Vec<Item>,
}

impl NewOrderV2 {
    /// Adds the idempotency key from the header.
    pub fn keyed(self, key: IdempotencyKey) -> NewOrder {
        NewOrder {
            key,
            customer_id: self.customer_id,
            contact: self.contact,
            payment_method: self.payment_method,
            items: self.items,
        }
    }
}

impl From<NewOrder> for NewOrderV2 {
    fn from(order: NewOrder) -> Self {
        Self {
            customer_id: order.customer_id,
            contact: order.contact,
            payment_method: order.payment_method,
            items: order.items,
        }
    }
}

// A type of its own, field by field, because a published version is frozen while `Order` may grow. The conversions
// name every field, so the compiler reports one that was forgotten.
/// An order as version 2 of the API shows it: flat, with one currency for all its amounts.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct OrderV2 {
    /// Id of the order.
    pub id: OrderId,
    /// Present state of the order.
    pub status: OrderStatus,
    /// Sum of the line items in minor units.
    pub total_cents: i64,
    /// Currency of every amount in this order.
    pub currency: Currency,
    /// Products ordered, each with its price.
    pub line_items: Vec<LineItemV2>,
    /// Customer who ordered.
    pub customer_id: CustomerId,
    /// Address and device at which the customer is notified.
    pub contact: Contact,
    /// Token that pays for the order.
    pub payment_method: PaymentMethod,
    /// The captured payment; null until there is one.
    pub payment_id: Option<PaymentId>,
    /// Reason of the cancellation; null unless cancelled.
    pub cancel_reason: Option<String>,
    /// Carrier and tracking number; null until shipped.
    pub shipment: Option<Shipment>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time of the acceptance.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// One product of an order.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct LineItemV2 {
    /// Sku of the product.
    pub sku: Sku,
    /// Number of units ordered.
    pub quantity: i64,
    /// Price of one unit in minor units, at the time of the order.
    pub unit_price_cents: i64,
}

impl From<Order> for OrderV2 {
    fn from(order: Order) -> Self {
        Self {
            id: order.id,
            status: order.status,
            total_cents: order.total.cents,
            currency: order.total.currency,
            line_items: order.lines.into_iter().map(LineItemV2::from).collect(),
            customer_id: order.customer_id,
            contact: order.contact,
            payment_method: order.payment_method,
            payment_id: order.payment_id,
            cancel_reason: order.cancel_reason,
            shipment: order.shipment,
            version: order.version,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<OrderV2> for Order {
    fn from(order: OrderV2) -> Self {
        let currency = order.currency;
        let line = |line: LineItemV2| OrderLine {
            sku: line.sku,
            quantity: line.quantity,
            unit_price: Money::new(line.unit_price_cents, currency),
        };
        Self {
            id: order.id,
            customer_id: order.customer_id,
            contact: order.contact,
            payment_method: order.payment_method,
            status: order.status,
            lines: order.line_items.into_iter().map(line).collect(),
            total: Money::new(order.total_cents, currency),
            payment_id: order.payment_id,
            cancel_reason: order.cancel_reason,
            shipment: order.shipment,
            version: order.version,
            created_at: order.created_at,
            updated_at: order.updated_at,
        }
    }
}

impl From<OrderLine> for LineItemV2 {
    fn from(line: OrderLine) -> Self {
        Self {
            sku: line.sku,
            quantity: line.quantity,
            unit_price_cents: line.unit_price.cents,
        }
    }
}
