use std::sync::Arc;

use commerce::{Contact, OrderEvent, PaymentEvent};
use shared::{
    Database, DatabaseError, events,
    events::{Delivery, Handler, HandlerError},
};

use crate::{
    SOURCE,
    courier::Courier,
    domain::{Change, Message, id_for_event},
    store,
};

/// Tells customers what the events of Orders mean to them.
pub(crate) struct FollowOrders(pub(crate) Teller);

/// Tells customers what the events of Payments mean to them.
pub(crate) struct FollowPayments(pub(crate) Teller);

/// Hands a message over, and then writes down that it did, with the event.
#[derive(Clone)]
pub(crate) struct Teller {
    pub(crate) db: Database,
    pub(crate) courier: Arc<Courier>,
}

#[seam::async_trait]
impl Handler for FollowOrders {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: OrderEvent = delivery.parse()?;
        let contact = match &event {
            OrderEvent::OrderCreated { contact, .. } => Some(contact.clone()),
            _ => None,
        };
        self.0.tell(delivery, Change::of_order(event), contact).await
    }
}

#[seam::async_trait]
impl Handler for FollowPayments {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: PaymentEvent = delivery.parse()?;
        match Change::of_payment(event) {
            Some(change) => self.0.tell(delivery, change, None).await,
            None => Ok(()),
        }
    }
}

impl Teller {
    /// `named` is the contact where the event itself says it; otherwise it was kept when the order was created.
    async fn tell(&self, delivery: Delivery, change: Change, named: Option<Contact>) -> Result<(), HandlerError> {
        let contact = match &named {
            Some(contact) => contact.clone(),
            // The logs of two modules are read independently: a refund may be heard of before the order's creation is.
            None => store::contact_of(&self.db, change.order_id).await?.ok_or_else(|| {
                HandlerError::Unavailable(format!(
                    "the creation of order {} was not heard of yet",
                    change.order_id
                ))
            })?,
        };
        let message = Message {
            id: id_for_event(delivery.event().event_id),
            change,
            contact,
        };
        let handover = self
            .courier
            .hand_over(&message)
            .await
            .map_err(HandlerError::Unavailable)?;
        let told = message.told(&handover);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    if let Some(contact) = &named {
                        store::keep_contact(tx, told.order_id, contact).await?;
                    }
                    store::insert(tx, &told).await?;
                    events::append(tx, SOURCE, &handover.event(&told)).await?;
                    Ok::<_, DatabaseError>(())
                })
            })
            .await?;
        Ok(())
    }
}
