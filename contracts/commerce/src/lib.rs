//! The platform's contracts: what each module promises, in types.
//!
//! A module is known to the others only by its trait here. No business logic lives in this crate.

mod error;
mod error_code;
mod events;
mod feed;
pub mod http;
mod ids;
mod inventory;
mod json;
mod money;
mod notifications;
mod orders;
mod page;
mod payments;
mod rules;
mod schema;
mod timestamp;
mod v1;
mod v2;

pub use error::{Error, Invalid};
pub use error_code::ErrorCode;
pub use events::{
    DomainEvent, DomainEventPayload, EventError, EventMetadata, InventoryEvent, NotificationEvent, OrderEvent,
    PaymentEvent,
};
pub use feed::{EventFeed, FeedError, RecordedEvent};
pub use ids::{CustomerId, IdempotencyKey, NotificationId, OrderId, PaymentId, Sku};
pub use inventory::{
    Inventory, InventoryCall, InventoryConflict, InventoryError, InventoryReply, Product, ProductUpdate, Reservation,
    ReservationRequest, ReservationStatus, ReservedLine,
};
pub use money::{Currency, Money, MoneyError};
pub use notifications::{
    Delivery, NewNotification, Notification, NotificationConflict, NotificationError, NotificationKind, Notifications,
    NotificationsCall, NotificationsReply,
};
pub use orders::{
    Contact, Item, NewOrder, Order, OrderConflict, OrderError, OrderLine, OrderStatus, Orders, OrdersCall, OrdersReply,
    PaymentMethod, Shipment,
};
pub use page::{Page, PageRequest};
pub use payments::{
    Payment, PaymentConflict, PaymentError, PaymentStatus, Payments, PaymentsCall, PaymentsReply, Refund,
};
pub use timestamp::Timestamp;
pub use v1::OrderV1;
pub use v2::{LineItemV2, NewOrderV2, OrderV2};
