use std::sync::Arc;

use commerce::{Delivery, Error, NewNotification, Notification, NotificationConflict, NotificationError};
use shared::{
    events,
    idempotency::{Decide, Decision, Scope},
};

use crate::{SOURCE, dispatcher::Dispatcher, domain::Message, store::notifications};

/// The `notify` command: sends the message, then stores reply, notification and event in one write.
///
/// A crash in between leaves a claim that is resumed with the same notification id, and so with the same Message-ID.
pub(crate) struct Sending {
    pub(crate) dispatcher: Arc<Dispatcher>,
}

#[seam::async_trait]
impl Decide for Sending {
    const OPERATION: &'static str = "notify";
    type Request = NewNotification;
    type Value = Notification;
    type Conflict = NotificationConflict;

    async fn decide(&self, scope: &Scope, request: NewNotification) -> Result<Decision<Self>, NotificationError> {
        let message = Message::requested(&scope.caller, request);
        let dispatched = self.dispatcher.dispatch(&message).await;
        let result = dispatched.map_err(|reason| Error::ServiceUnavailable {
            service: "mail and push".to_owned(),
            reason,
        })?;
        let notification = message.notification(&result);
        let answer = match notification.email {
            Delivery::Refused => Err(Error::Conflict(NotificationConflict::RecipientRefused {
                notification_id: notification.id,
            })),
            Delivery::Sent | Delivery::Pending => Ok(notification.clone()),
        };
        Ok(Decision::new(answer, move |tx| {
            Box::pin(async move {
                notifications::insert(tx, &notification).await?;
                events::append(tx, SOURCE, &result.event(&notification)).await?;
                Ok(())
            })
        }))
    }
}
