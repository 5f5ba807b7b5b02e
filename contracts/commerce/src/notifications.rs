use serde::{Deserialize, Serialize};

use crate::{
    Contact, Error, IdempotencyKey, Invalid, NotificationId, OrderId, Page, PageRequest, Timestamp, check,
    schema::text_rule,
};

/// Notifies customers about their orders by mail and push message.
#[seam::contract(name = "notifications")]
pub trait Notifications: Send + Sync {
    /// Sends a message about an order. The same key with the same request repeats the first reply.
    #[write(key = notification.key, idempotent)]
    async fn notify(&self, notification: NewNotification) -> Result<Notification, NotificationError>;

    /// Returns the notification in its present state.
    #[read(key = notification_id)]
    async fn get_notification(&self, notification_id: NotificationId) -> Result<Notification, NotificationError>;

    /// Lists the notifications about an order, oldest first.
    #[read(key = order_id)]
    async fn list_notifications_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Notification>, NotificationError>;
}

/// Request for a notification.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NewNotification {
    /// Key that names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// Id of the order.
    pub order_id: OrderId,
    /// Address and device to notify.
    pub contact: Contact,
    /// Event to tell the customer about.
    pub kind: NotificationKind,
    /// Additional text for the message: 1 to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub note: Option<String>,
}

impl NewNotification {
    /// Refuses a contact that can't be reached, and a note that is blank or longer than 1,000 characters.
    pub fn validate(&self) -> Result<(), Invalid> {
        self.contact.validate()?;
        self.note.as_ref().map_or(Ok(()), |note| NOTE.check("note", note, note))
    }
}

const NOTE: check::Text = check::Text::free(1_000);

text_rule!(Note, NOTE);

/// A notification and its delivery. It holds no address: contact data stays inside the module.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Notification {
    /// Id derived from the event or key that caused it.
    pub id: NotificationId,
    /// Id of the order.
    pub order_id: OrderId,
    /// Event to tell the customer about.
    pub kind: NotificationKind,
    /// Delivery of the mail.
    pub email: Delivery,
    /// Delivery of the push message; null if the customer gave no device.
    pub push: Option<Delivery>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time of the event or request that caused it.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// Event that a customer is notified about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum NotificationKind {
    /// The order was accepted.
    OrderCreated,
    /// The order was paid.
    OrderConfirmed,
    /// The order was cancelled.
    OrderCancelled,
    /// The order was handed to the carrier.
    OrderShipped,
    /// The order arrived.
    OrderDelivered,
    /// A refund was made.
    PaymentRefunded,
}

/// Delivery of one message on one channel.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum Delivery {
    /// Not handed to the server yet.
    Pending,
    /// Accepted by the server.
    Sent,
    /// Refused by the server for good.
    Refused,
}

/// Error of every method of [`Notifications`].
pub type NotificationError = Error<NotificationConflict>;

/// The state that forbids a notification.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum NotificationConflict {
    /// The mail server refused the address for good.
    #[error("the mail server refused the recipient of notification {notification_id}")]
    RecipientRefused {
        /// Id of the notification.
        notification_id: NotificationId,
    },
}
