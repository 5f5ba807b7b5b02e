use std::sync::Arc;

use commerce::Contact;
use shared::{
    Database, DatabaseError, events,
    events::{Delivery, HandlerError},
    fail_point,
};

use crate::{
    SOURCE,
    dispatcher::Dispatcher,
    domain::{Change, Message, id_for_event},
    store::{contacts, notifications},
};

/// Notifies the customer of an event: sends the message first, then stores notification and event in one write.
#[derive(Clone)]
pub(crate) struct Notifier {
    pub(crate) db: Database,
    pub(crate) dispatcher: Arc<Dispatcher>,
}

impl Notifier {
    /// Handles `delivery` by telling the customer of `change`.
    ///
    /// `contact` is the contact data of an event that contains it; without, that of the order's creation is used.
    /// While the creation was not handled yet, or a channel can't be reached, the event is not available and is
    /// handled again later.
    pub(crate) async fn notify(
        &self,
        delivery: Delivery,
        change: Change,
        contact: Option<Contact>,
    ) -> Result<(), HandlerError> {
        let recipient = match &contact {
            Some(contact) => contact.clone(),
            None => self.contact_of(&change).await?,
        };
        let message = Message {
            id: id_for_event(delivery.event().event_id),
            change,
            contact: recipient,
        };
        let result = self
            .dispatcher
            .dispatch(&message)
            .await
            .map_err(HandlerError::Unavailable)?;
        fail_point!("notifications.delivery.after_effect");
        let notification = message.notification(&result);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    if let Some(contact) = &contact {
                        contacts::insert(tx, notification.order_id, contact).await?;
                    }
                    notifications::insert(tx, &notification).await?;
                    events::append(tx, SOURCE, &result.event(&notification)).await?;
                    Ok::<_, DatabaseError>(())
                })
            })
            .await?;
        Ok(())
    }

    /// The contact data that the order's creation brought. The logs of two modules are read independently, so the
    /// event of a refund may be handled before that of the order's creation.
    async fn contact_of(&self, change: &Change) -> Result<Contact, HandlerError> {
        let contact = contacts::find(&self.db, change.order_id).await?;
        let missing = || "no contact data yet: the creation of the order was not handled".to_owned();
        contact.ok_or_else(|| HandlerError::Unavailable(missing()))
    }
}
