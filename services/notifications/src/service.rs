use std::sync::Arc;

use commerce::{
    Error, NewNotification, Notification, NotificationError, NotificationId, Notifications, OrderId, Page, PageRequest,
};
use shared::{Database, idempotency::Command};

use crate::{sending::Sending, store::notifications};

/// The `Notifications` contract on the module's own database.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) sending: Arc<Command<Sending>>,
}

#[seam::async_trait]
impl Notifications for Service {
    async fn notify(&self, notification: NewNotification) -> Result<Notification, NotificationError> {
        notification.validate()?;
        self.sending.run(notification.key.clone(), notification).await
    }

    async fn get_notification(&self, notification_id: NotificationId) -> Result<Notification, NotificationError> {
        let found = notifications::find(&self.db, notification_id).await?;
        found.ok_or_else(|| Error::NotFound {
            what: "notification".to_owned(),
            id: notification_id.to_string(),
        })
    }

    async fn list_notifications_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Notification>, NotificationError> {
        Ok(notifications::page(&self.db, order_id, page.validate()?).await?)
    }
}
