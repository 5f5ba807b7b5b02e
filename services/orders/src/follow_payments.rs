use commerce::{Error, OrderError, PaymentEvent};
use shared::{
    Database, Worker,
    events::{Delivery, Handler, HandlerError},
};

use crate::{changes, domain};

/// Handles the events of Payments: confirms a paid order, cancels one whose payment failed, and refunds a payment
/// that its order does not need any more.
#[derive(Debug)]
pub(crate) struct FollowPayments {
    pub(crate) db: Database,
    /// Woken when a refund is scheduled.
    pub(crate) refund_worker: Worker,
}

#[seam::async_trait]
impl Handler for FollowPayments {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: PaymentEvent = delivery.parse()?;
        let order_id = match event {
            PaymentEvent::PaymentCaptured { order_id, .. } | PaymentEvent::PaymentFailed { order_id, .. } => order_id,
            PaymentEvent::PaymentRefunded { .. } => return Ok(()),
        };
        let refund_worker = self.refund_worker.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    let done = changes::apply(tx, order_id, refund_worker, |order, now| match &event {
                        PaymentEvent::PaymentCaptured { payment_id, amount, .. } => {
                            domain::captured(order, *payment_id, *amount, now)
                        }
                        PaymentEvent::PaymentFailed { reason, .. } => domain::payment_failed(order, reason, now),
                        PaymentEvent::PaymentRefunded { .. } => Ok(domain::Transition::default()),
                    });
                    done.await.map(drop).map_err(handler_error)
                })
            })
            .await
    }
}

/// Sorts an error by the help that another attempt can be: `Unavailable` is retried for ever, `Poison` never.
fn handler_error(error: OrderError) -> HandlerError {
    match error {
        Error::ServiceUnavailable { .. } | Error::Transport(_) => HandlerError::Unavailable(error.to_string()),
        Error::Conflict(_) => HandlerError::Poison(error.to_string()),
        _ => HandlerError::Failed(error.to_string()),
    }
}
