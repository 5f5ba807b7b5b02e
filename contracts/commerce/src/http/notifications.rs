//! HTTP binding of [`Notifications`].

use std::sync::Arc;

use axum::Router;
use seam::http::Transport;
use serde::{Deserialize, Serialize};

use super::{
    client::{Outgoing, RestClient},
    failure::Failure,
    incoming::Incoming,
    operation::Operation,
    path::path,
    reply::Success,
    routes::Routes,
};
use crate::{
    Contact, ErrorCode, NewNotification, Notification, NotificationConflict, NotificationError, NotificationId,
    NotificationKind, Notifications, OrderId, Page, PageRequest, notifications::Note,
};

/// Serves an implementation at `/v2/notifications...` and `/v2/orders/{order_id}/notifications`.
pub fn router(notifications: Arc<dyn Notifications>) -> Router {
    routes().over(notifications)
}

/// Body of a request for a notification. The key travels as a header.
#[derive(Serialize, Deserialize, utoipa::ToSchema)]
#[serde(deny_unknown_fields)]
pub(crate) struct Message {
    /// Id of the order.
    order_id: OrderId,
    /// Address and device to notify.
    contact: Contact,
    /// Event to tell the customer about.
    kind: NotificationKind,
    /// Additional text for the message: 1 to 1,000 characters.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Note>)]
    note: Option<String>,
}

pub(crate) fn routes() -> Routes<dyn Notifications> {
    let notify = Operation::post("/v2/notifications", "notify", "Sends a message about an order.");
    let get = Operation::get(
        "/v2/notifications/{notification_id}",
        "get_notification",
        "Returns the notification in its present state.",
    );
    let list = Operation::get(
        "/v2/orders/{order_id}/notifications",
        "list_notifications_for_order",
        "Lists the notifications about an order, oldest first.",
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

async fn send(notifications: Arc<dyn Notifications>, request: Incoming) -> Result<Success, Failure> {
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
    Success::created(path("/v2/notifications/{}", &notification.id), &notification)
}

async fn get_notification(notifications: Arc<dyn Notifications>, request: Incoming) -> Result<Success, Failure> {
    Success::ok(&notifications.get_notification(request.id("notification_id")?).await?)
}

async fn list_notifications_for_order(
    notifications: Arc<dyn Notifications>,
    request: Incoming,
) -> Result<Success, Failure> {
    let (order_id, page) = (request.id("order_id")?, request.query.page()?);
    Success::ok(&notifications.list_notifications_for_order(order_id, page).await?)
}

/// Client that implements the contract: every call is a request to the [`router`] at the other end.
#[derive(Clone, Debug)]
pub struct Client<T> {
    rest: RestClient<T>,
}

impl<T: Transport> Client<T> {
    /// Makes a client that sends its requests through `transport`.
    pub fn new(transport: T) -> Self {
        Self {
            rest: RestClient::new("notifications", transport),
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
        self.rest.call(request.json(&message)).await
    }

    async fn get_notification(&self, notification_id: NotificationId) -> Result<Notification, NotificationError> {
        let request = Outgoing::get(path("/v2/notifications/{}", &notification_id));
        self.rest.call(request).await
    }

    async fn list_notifications_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Notification>, NotificationError> {
        let request = Outgoing::get(path("/v2/orders/{}/notifications", &order_id)).page(page);
        self.rest.call(request).await
    }
}
