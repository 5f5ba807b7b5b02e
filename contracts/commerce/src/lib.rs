//! The contracts of the commerce platform: the traits, types, errors and events of each module, and their HTTP
//! bindings.
//!
//! A module knows the others only by their traits here. This crate holds no business logic: a type validates its
//! own form (`validate`), and anything that depends on state belongs to the module.

mod check;
mod contact;
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
mod schema;
mod timestamp;
mod v1;
mod v2;
mod whole;

pub use contact::Contact;
pub use error::{Error, Invalid};
pub use error_code::ErrorCode;
pub use events::{
    DomainEvent, DomainEventPayload, EventError, EventMetadata, InventoryEvent, NotificationEvent, OrderEvent,
    PaymentEvent,
};
pub use feed::{Batch, EventFeed, EventFeedCall, EventFeedReply, FeedError, RecordedEvent};
pub use ids::{CustomerId, IdempotencyKey, NotificationId, OrderId, PaymentId, Sku, parse_uuid};
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
    Item, NewOrder, Order, OrderConflict, OrderError, OrderLine, OrderStatus, Orders, OrdersCall, OrdersReply,
    PaymentMethod, Shipment,
};
pub use page::{Page, PageRequest};
pub use payments::{
    Payment, PaymentConflict, PaymentError, PaymentStatus, Payments, PaymentsCall, PaymentsReply, Refund,
};
pub use timestamp::Timestamp;
pub use v1::OrderV1;
pub use v2::{LineItemV2, NewOrderV2, OrderV2};
