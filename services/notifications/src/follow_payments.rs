use commerce::PaymentEvent;
use shared::events::{Delivery, Handler, HandlerError};

use crate::{domain::Change, notifier::Notifier};

/// Handles the events of Payments: tells the customer of refunds. Orders reports everything else with its own events.
pub(crate) struct FollowPayments {
    pub(crate) notifier: Notifier,
}

#[seam::async_trait]
impl Handler for FollowPayments {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: PaymentEvent = delivery.parse()?;
        match Change::of_payment(event) {
            Some(change) => self.notifier.notify(delivery, change, None).await,
            None => Ok(()),
        }
    }
}
