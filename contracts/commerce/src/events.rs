use serde::{Deserialize, Serialize, de::DeserializeOwned};
use uuid::Uuid;

use crate::{
    Contact, CustomerId, Invalid, Money, NotificationId, NotificationKind, OrderId, OrderLine, PaymentId, ReservedLine,
    Shipment, Sku, Timestamp, json,
};

/// Something that happened to one aggregate, as it is kept in the log and crosses the network.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DomainEvent {
    /// Derived from the aggregate and its version: the same event has the same id wherever it is read.
    #[schema(value_type = String, format = Uuid)]
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
    #[schema(value_type = Object)]
    pub payload: serde_json::Value,
    /// Where it comes from.
    pub metadata: EventMetadata,
}

/// Namespace of every event id.
const EVENT_NAMESPACE: Uuid = Uuid::from_u128(0x7365_616d_2d63_4f6d_8d65_7263_652d_6576);

impl DomainEvent {
    /// The event as it goes into the log: number `version` of its aggregate.
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

    /// What happened, as the enum of its module. Fails on an event type that `E` does not know and on a payload of another shape.
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

    /// The id of an aggregate's event number `version` (UUIDv5 over both).
    pub fn id_of(aggregate_id: &str, version: i64) -> Uuid {
        Uuid::new_v5(&EVENT_NAMESPACE, format!("{version}/{aggregate_id}").as_bytes())
    }
}

/// How serde writes an event enum.
#[derive(Serialize, Deserialize)]
struct Written {
    event_type: String,
    payload: serde_json::Value,
}

/// An event that can't be read as, or written from, the enum of its module. Repeating it changes nothing.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("event {event_id} of type {event_type} is not readable: {reason}")]
pub struct EventError {
    /// The event.
    pub event_id: Uuid,
    /// What it says it is.
    pub event_type: String,
    /// Which field differs from what is known, and how; never contact data.
    pub reason: String,
}

/// Where an event comes from.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
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
            // Not the bare order id: an event's id derives from its aggregate's, and Orders has events of that order too.
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
