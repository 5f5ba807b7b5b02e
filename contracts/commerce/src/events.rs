use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    Contact, CustomerId, Invalid, Money, NotificationId, NotificationKind, OrderId, OrderLine, PaymentId, ReservedLine,
    Shipment, Sku, Timestamp, json,
};

/// An event of one aggregate, as it is stored in the log and sent over the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DomainEvent {
    /// Id derived from the aggregate and the version: the same event has the same id wherever it is read.
    #[schema(value_type = String, format = Uuid)]
    pub event_id: Uuid,
    /// Id of the aggregate. Events of one aggregate keep their order.
    pub aggregate_id: String,
    /// Name of the variant, such as `OrderCreated`.
    pub event_type: String,
    /// Number of the event within its aggregate, assigned by the log: 1, 2, 3 ... without gaps.
    pub version: i64,
    /// Time of the change.
    pub occurred_at: Timestamp,
    /// Fields of the variant.
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// Origin of the event.
    pub metadata: EventMetadata,
}

/// Namespace of every event id.
const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x7365_616d_2d63_4f6d_8d65_7263_652d_6576);

impl DomainEvent {
    /// Makes the entry for the log: event number `version` of its aggregate.
    ///
    /// Fails only if the payload can't be written as JSON.
    pub fn new<E: DomainEventPayload>(
        event: &E,
        version: i64,
        occurred_at: Timestamp,
        metadata: EventMetadata,
    ) -> Result<Self, EventError> {
        let aggregate_id = event.aggregate_id();
        let written = serde_json::to_value(event).and_then(serde_json::from_value::<Written>);
        let Written { event_type, payload } = written.map_err(|error| EventError {
            event_id: Self::id_of(&aggregate_id, version),
            event_type: std::any::type_name::<E>().to_owned(),
            reason: error.to_string(),
        })?;
        Ok(Self {
            event_id: Self::id_of(&aggregate_id, version),
            aggregate_id,
            event_type,
            version,
            occurred_at,
            payload,
            metadata,
        })
    }

    /// Parses the payload as the event enum `E` of the module.
    ///
    /// Fails if `E` does not have the event type, or if the payload has another form.
    pub fn parse<E: DomainEventPayload>(&self) -> Result<E, EventError> {
        let written = Written {
            event_type: self.event_type.clone(),
            payload: self.payload.clone(),
        };
        let text = serde_json::to_string(&written).map_err(|error| Invalid::new("payload", error, "JSON"));
        text.and_then(|text| json::parse(&text)).map_err(|invalid| EventError {
            event_id: self.event_id,
            event_type: self.event_type.clone(),
            reason: invalid.to_string(),
        })
    }

    /// Derives the id of an aggregate's event number `version` (UUIDv5 over both).
    pub fn id_of(aggregate_id: &str, version: i64) -> Uuid {
        Uuid::new_v5(&EVENT_NAMESPACE, format!("{version}/{aggregate_id}").as_bytes())
    }
}

/// Form in which serde writes an event enum.
#[derive(Serialize, Deserialize)]
struct Written {
    event_type: String,
    payload: serde_json::Value,
}

/// An event that can't be read as the enum of its module, or written from it. A repeat fails the same way.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event_id} of type {event_type} is not readable: {reason}")]
pub struct EventError {
    /// Id of the event.
    pub event_id: Uuid,
    /// Type that the event claims to have.
    pub event_type: String,
    /// Field that is wrong, and how; never contact data.
    pub reason: String,
}

/// Origin of an event.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct EventMetadata {
    /// Id shared by all requests and events that one first request caused.
    pub correlation_id: String,
    /// Id of the event or request that caused this event directly.
    pub causation_id: Option<String>,
    /// Name of the module that wrote the event.
    pub source_service: String,
}

/// Enum of the events of one module, which serde writes as `event_type` and `payload`.
pub trait DomainEventPayload: Serialize + DeserializeOwned + Send + Sync {
    /// Returns the id of the aggregate that the event belongs to.
    fn aggregate_id(&self) -> String;
}

/// Events of orders.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event_type", content = "payload")]
pub enum OrderEvent {
    /// The order was accepted, and its stock is reserved.
    OrderCreated {
        /// Id of the order.
        order_id: OrderId,
        /// Customer who ordered.
        customer_id: CustomerId,
        /// Address and device at which the customer is notified.
        contact: Contact,
        /// Products ordered, each with its price.
        lines: Vec<OrderLine>,
        /// Sum of the lines.
        total: Money,
    },
    /// The order was paid.
    OrderConfirmed {
        /// Id of the order.
        order_id: OrderId,
        /// Id of the payment that covers the order.
        payment_id: PaymentId,
    },
    /// The order was cancelled.
    OrderCancelled {
        /// Id of the order.
        order_id: OrderId,
        /// Reason of the cancellation.
        reason: String,
    },
    /// The order was handed to the carrier.
    OrderShipped {
        /// Id of the order.
        order_id: OrderId,
        /// Carrier and tracking number.
        shipment: Shipment,
    },
    /// The order arrived.
    OrderDelivered {
        /// Id of the order.
        order_id: OrderId,
    },
}

/// Events of payments.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event_type", content = "payload")]
pub enum PaymentEvent {
    /// The money was taken.
    PaymentCaptured {
        /// Id of the payment.
        payment_id: PaymentId,
        /// Id of the order.
        order_id: OrderId,
        /// Amount that was captured.
        amount: Money,
    },
    /// The provider declined.
    PaymentFailed {
        /// Id of the payment.
        payment_id: PaymentId,
        /// Id of the order.
        order_id: OrderId,
        /// Reason given by the provider.
        reason: String,
    },
    /// A refund was made.
    PaymentRefunded {
        /// Id of the payment.
        payment_id: PaymentId,
        /// Id of the order.
        order_id: OrderId,
        /// Amount of this refund.
        amount: Money,
        /// Amount refunded so far, this refund included.
        refunded: Money,
    },
}

/// Events of the stock.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event_type", content = "payload")]
pub enum InventoryEvent {
    /// The price and available stock of a product were set.
    ProductPut {
        /// Sku of the product.
        sku: Sku,
        /// Price of one unit.
        price: Money,
        /// Number of units that can be ordered.
        stock: i64,
    },
    /// The items of an order were reserved.
    StockReserved {
        /// Id of the order.
        order_id: OrderId,
        /// Items with their prices at the time of the reservation.
        lines: Vec<ReservedLine>,
    },
    /// The items of an order were returned to the stock.
    StockReleased {
        /// Id of the order.
        order_id: OrderId,
    },
    /// The items of an order left the stock for good.
    StockCommitted {
        /// Id of the order.
        order_id: OrderId,
    },
}

/// Events of notifications.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(tag = "event_type", content = "payload")]
pub enum NotificationEvent {
    /// The servers accepted the messages.
    NotificationSent {
        /// Id of the notification.
        notification_id: NotificationId,
        /// Id of the order.
        order_id: OrderId,
        /// Event that the customer was notified about.
        kind: NotificationKind,
    },
    /// A server refused a message for good.
    NotificationRefused {
        /// Id of the notification.
        notification_id: NotificationId,
        /// Id of the order.
        order_id: OrderId,
        /// Event that the customer was notified about.
        kind: NotificationKind,
        /// Reason given by the server.
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
            // Not the bare order id: event ids derive from it, and Orders has events of the same order.
            | Self::StockCommitted { order_id } => format!("reservation/{order_id}"),
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
