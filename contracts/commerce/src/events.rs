use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    Contact, CustomerId, Money, NotificationId, NotificationKind, OrderId, OrderLine, PaymentId, ReservedLine,
    Shipment, Sku, Timestamp,
};

/// Something that happened to one aggregate, as it is kept in the log and crosses the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct DomainEvent {
    /// Derived from the aggregate and its version: the same event has the same id wherever it is read.
    pub event_id: Uuid,
    /// Whose event it is. Events of one aggregate keep their order.
    pub aggregate_id: String,
    /// The variant's name, such as `OrderCreated`.
    pub event_type: String,
    /// The number of the event within its aggregate: 1, 2, 3 ... without gaps, given by the log.
    pub version: i64,
    /// When the change was made.
    pub occurred_at: Timestamp,
    /// The variant's content.
    pub payload: serde_json::Value,
    /// Where it comes from.
    pub metadata: EventMetadata,
}

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct EventMetadata {
    /// The same for all that one first request set off.
    pub correlation_id: String,
    /// The event or request that caused this one directly.
    pub causation_id: Option<String>,
    /// The module that wrote it.
    pub source_service: String,
}

/// An enum of the events of one module, as serde writes it: `event_type` and `payload`.
pub trait DomainEventPayload: Serialize + DeserializeOwned + Send + Sync {
    /// Whose event it is.
    fn aggregate_id(&self) -> String;
}

/// What happens to orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "payload")]
pub enum OrderEvent {
    /// The order was accepted, its stock is reserved.
    OrderCreated {
        /// Which order.
        order_id: OrderId,
        /// Who ordered.
        customer_id: CustomerId,
        /// Where they are told.
        contact: Contact,
        /// What was ordered.
        lines: Vec<OrderLine>,
        /// The sum of the lines.
        total: Money,
    },
    /// The order was paid.
    OrderConfirmed {
        /// Which order.
        order_id: OrderId,
        /// By which payment.
        payment_id: PaymentId,
    },
    /// The order will not happen.
    OrderCancelled {
        /// Which order.
        order_id: OrderId,
        /// Why.
        reason: String,
    },
    /// The order is on its way.
    OrderShipped {
        /// Which order.
        order_id: OrderId,
        /// How.
        shipment: Shipment,
    },
    /// The order arrived.
    OrderDelivered {
        /// Which order.
        order_id: OrderId,
    },
}

/// What happens to payments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "payload")]
pub enum PaymentEvent {
    /// The money was taken.
    PaymentCaptured {
        /// Which payment.
        payment_id: PaymentId,
        /// For which order.
        order_id: OrderId,
        /// How much.
        amount: Money,
    },
    /// The provider said no.
    PaymentFailed {
        /// Which payment.
        payment_id: PaymentId,
        /// For which order.
        order_id: OrderId,
        /// Why.
        reason: String,
    },
    /// Money was given back.
    PaymentRefunded {
        /// Which payment.
        payment_id: PaymentId,
        /// For which order.
        order_id: OrderId,
        /// How much, this time.
        amount: Money,
        /// How much, in all.
        refunded: Money,
    },
}

/// What happens to stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "payload")]
pub enum InventoryEvent {
    /// Price and available stock of a product were set.
    ProductPut {
        /// Which product.
        sku: Sku,
        /// Price of one.
        price: Money,
        /// How many can be ordered.
        stock: i64,
    },
    /// An order's items were set aside.
    StockReserved {
        /// For which order.
        order_id: OrderId,
        /// The items.
        lines: Vec<ReservedLine>,
    },
    /// An order's items are back in stock.
    StockReleased {
        /// Of which order.
        order_id: OrderId,
    },
    /// An order's items are gone for good.
    StockCommitted {
        /// Of which order.
        order_id: OrderId,
    },
}

/// What happens to notifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "event_type", content = "payload")]
pub enum NotificationEvent {
    /// The servers took the messages.
    NotificationSent {
        /// Which notification.
        notification_id: NotificationId,
        /// About which order.
        order_id: OrderId,
        /// What happened.
        kind: NotificationKind,
    },
    /// A server refused a message for good.
    NotificationRefused {
        /// Which notification.
        notification_id: NotificationId,
        /// About which order.
        order_id: OrderId,
        /// What happened.
        kind: NotificationKind,
        /// What the server said.
        reason: String,
    },
}

impl DomainEventPayload for OrderEvent {
    fn aggregate_id(&self) -> String {
        match self {
            Self::OrderCreated { order_id, .. }
            | Self::OrderConfirmed { order_id, .. }
            | Self::OrderCancelled { order_id, .. }
            | Self::OrderShipped { order_id, .. }
            | Self::OrderDelivered { order_id } => order_id.to_string(),
        }
    }
}

impl DomainEventPayload for PaymentEvent {
    fn aggregate_id(&self) -> String {
        match self {
            Self::PaymentCaptured { payment_id, .. }
            | Self::PaymentFailed { payment_id, .. }
            | Self::PaymentRefunded { payment_id, .. } => payment_id.to_string(),
        }
    }
}

impl DomainEventPayload for InventoryEvent {
    fn aggregate_id(&self) -> String {
        match self {
            Self::ProductPut { sku, .. } => format!("product/{sku}"),
            Self::StockReserved { order_id, .. }
            | Self::StockReleased { order_id }
            | Self::StockCommitted { order_id } => order_id.to_string(),
        }
    }
}

impl DomainEventPayload for NotificationEvent {
    fn aggregate_id(&self) -> String {
        match self {
            Self::NotificationSent { notification_id, .. } | Self::NotificationRefused { notification_id, .. } => {
                notification_id.to_string()
            }
        }
    }
}
