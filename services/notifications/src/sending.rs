use std::sync::Arc;

use commerce::{Delivery, Error, NewNotification, Notification, NotificationConflict, NotificationError};
use shared::{
    events,
    idempotency::{Decide, Decision, Scope},
};

use crate::{SOURCE, courier::Courier, domain::Message, store};

/// Sends what a caller asks for: hands the message over, and writes down answer, notification and event together.
///
/// A crash in between leaves a claim that somebody resumes with the same notification id, and so the same Message-ID.
pub(crate) struct Sending {
    pub(crate) courier: Arc<Courier>,
}

#[seam::async_trait]
impl Decide for Sending {
    const OPERATION: &'static str = "notify";
    type Request = NewNotification;
    type Value = Notification;
    type Conflict = NotificationConflict;

    async fn decide(&self, scope: &Scope, asked: NewNotification) -> Result<Decision<Self>, NotificationError> {
        let message = Message::asked(&scope.caller, asked);
        let handed_over = self.courier.hand_over(&message).await;
        let handover = handed_over.map_err(|reason| Error::ServiceUnavailable {
            service: "mail and push".to_owned(),
            reason,
        })?;
        let told = message.told(&handover);
        let answer = match told.email {
            Delivery::Refused => Err(Error::Conflict(NotificationConflict::RecipientRefused {
                notification_id: told.id,
            })),
            Delivery::Sent | Delivery::Pending => Ok(told.clone()),
        };
        Ok(Decision::new(answer, move |tx| {
            Box::pin(async move {
                store::insert(tx, &told).await?;
                events::append(tx, SOURCE, &handover.event(&told)).await?;
                Ok(())
            })
        }))
    }
}
