//! Notifications over HTTP.

use std::sync::Arc;

use axum::Router;
use seam::http::Transport;
use serde::{Deserialize, Serialize};

use super::{
    answer::Answer,
    caller::{Caller, Outgoing},
    failure::Failure,
    incoming::Incoming,
    operation::Operation,
    path::path,
    routes::Routes,
};
use crate::{
    Contact, ErrorCode, NewNotification, Notification, NotificationConflict, NotificationError, NotificationId,
    NotificationKind, Notifications, OrderId, Page, PageRequest,
};

/// Serves an implementation at `/v2/notifications...` and `/v2/orders/{order_id}/notifications`.
pub fn router(notifications: Arc<dyn Notifications>) -> Router {
    routes().over(notifications)
}

/// What to tell. The key travels as a header.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// About which order.
    order_id: OrderId,
    /// To whom.
    contact: Contact,
    /// What happened.
    kind: NotificationKind,
    /// More to say; at most 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(max_length = 1000)]
    note: Option<String>,
}

pub(crate) fn routes() -> Routes<dyn Notifications> {
    let notify = Operation::post("/v2/notifications", "notify", "Sends a message about an order.");
    let get = Operation::get(
        "/v2/notifications/{notification_id}",
        "get_notification",
        "The notification as it is now.",
    );
    let list = Operation::get(
        "/v2/orders/{order_id}/notifications",
        "list_notifications_for_order",
        "What was told about an order, oldest first.",
    );
    Routes::new()
        .serve(
            notify
                .keyed()
                .takes::<Message>()
                .returns::<Notification>()
                .creates(&[201])
                .conflicts::<NotificationConflict>(),
            send,
        )
        .serve(
            get.returns::<Notification>().fails(&[ErrorCode::NotFound]),
            get_notification,
        )
        .serve(list.lists::<Notification>(), list_notifications_for_order)
}

async fn send(notifications: Arc<dyn Notifications>, request: Incoming) -> Result<Answer, Failure> {
    let key = request.key()?;
    let message: Message = request.json()?;
    let notification = NewNotification {
        key,
        order_id: message.order_id,
        contact: message.contact,
        kind: message.kind,
        note: message.note,
    };
    let notification = notifications.notify(notification).await?;
    Answer::created(path("/v2/notifications/{}", &notification.id), &notification)
}

async fn get_notification(notifications: Arc<dyn Notifications>, request: Incoming) -> Result<Answer, Failure> {
    Answer::ok(&notifications.get_notification(request.id("notification_id")?).await?)
}

async fn list_notifications_for_order(
    notifications: Arc<dyn Notifications>,
    request: Incoming,
) -> Result<Answer, Failure> {
    let (order_id, page) = (request.id("order_id")?, request.query.page()?);
    Answer::ok(&notifications.list_notifications_for_order(order_id, page).await?)
}

/// The contract over HTTP: every call is a request to the other end's [`router`].
#[derive(Clone, Debug)]
pub struct Client<T> {
    caller: Caller<T>,
}

impl<T: Transport> Client<T> {
    /// Calls the service that `transport` reaches.
    pub fn new(transport: T) -> Self {
        Self {
            caller: Caller::new("notifications", transport),
        }
    }
}

#[seam::async_trait]
impl<T: Transport> Notifications for Client<T> {
    async fn notify(&self, notification: NewNotification) -> Result<Notification, NotificationError> {
        let request = Outgoing::post("/v2/notifications".to_owned()).key(&notification.key);
        let message = Message {
            order_id: notification.order_id,
            contact: notification.contact,
            kind: notification.kind,
            note: notification.note,
        };
        self.caller.call(request.json(&message)).await
    }

    async fn get_notification(&self, notification_id: NotificationId) -> Result<Notification, NotificationError> {
        let request = Outgoing::get(path("/v2/notifications/{}", &notification_id));
        self.caller.call(request).await
    }

    async fn list_notifications_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Notification>, NotificationError> {
        let request = Outgoing::get(path("/v2/orders/{}/notifications", &order_id)).page(page);
        self.caller.call(request).await
    }
}
