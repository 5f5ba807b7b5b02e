use commerce::OrderEvent;
use shared::events::{Delivery, Handler, HandlerError};

use crate::{domain::Change, notifier::Notifier};

/// Handles the events of Orders: tells the customer what happened to the order.
pub(crate) struct FollowOrders {
    pub(crate) notifier: Notifier,
}

#[seam::async_trait]
impl Handler for FollowOrders {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: OrderEvent = delivery.parse()?;
        let contact = match &event {
            OrderEvent::OrderCreated { contact, .. } => Some(contact.clone()),
            _ => None,
        };
        self.notifier.notify(delivery, Change::of_order(event), contact).await
    }
}
