use serde::{Deserialize, Serialize};

use crate::{Contact, Error, IdempotencyKey, NotificationId, OrderId, Page, PageRequest, Timestamp};

/// Tells customers what happens to their orders, by mail and push.
#[seam::contract(name = "notifications")]
pub trait Notifications: Send + Sync {
    /// Sends a message about an order. The same key with the same request replays the first answer.
    #[write(key = notification.key)]
    async fn notify(&self, notification: NewNotification) -> Result<Notification, NotificationError>;

    /// The notification as it is now.
    #[read(key = notification_id)]
    async fn get_notification(&self, notification_id: NotificationId) -> Result<Notification, NotificationError>;

    /// What was told about an order, oldest first.
    #[read(key = order_id)]
    async fn list_notifications_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Notification>, NotificationError>;
}

/// What to tell.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNotification {
    /// Names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// About which order.
    pub order_id: OrderId,
    /// To whom.
    pub contact: Contact,
    /// What happened.
    pub kind: NotificationKind,
    /// More to say, in the customer's words or ours; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

/// What was told. It names no address: contact data stays inside the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notification {
    /// Derived from the event or key that caused it.
    pub id: NotificationId,
    /// About which order.
    pub order_id: OrderId,
    /// What happened.
    pub kind: NotificationKind,
    /// How the mail fared.
    pub email: Delivery,
    /// How the push message fared; absent where the customer gave no device.
    pub push: Option<Delivery>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// When it was caused.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// What a customer is told about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The order was accepted.
    OrderCreated,
    /// The order was paid.
    OrderConfirmed,
    /// The order will not happen.
    OrderCancelled,
    /// The order is on its way.
    OrderShipped,
    /// The order arrived.
    OrderDelivered,
    /// Money was given back.
    PaymentRefunded,
}

/// How one message on one channel fared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not handed over yet.
    Pending,
    /// The server took it.
    Sent,
    /// The server refused it for good.
    Refused,
}

/// What a call of [`Notifications`] fails with.
pub type NotificationError = Error<NotificationConflict>;

/// Why a notification is forbidden.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotificationConflict {
    /// The mail server refused the address for good.
    #[error("the mail server refused the recipient of notification {notification_id}")]
    RecipientRefused {
        /// The notification.
        notification_id: NotificationId,
    },
}
