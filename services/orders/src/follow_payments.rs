use commerce::{Error, OrderError, PaymentEvent};
use shared::{
    Database, Worker,
    events::{Delivery, Handler, HandlerError},
};

use crate::{changes, domain};

/// Lets orders follow their payments: a paid order is confirmed, one that can't be paid is cancelled, and money for an order that does not
/// need it any more goes back.
#[derive(Debug)]
pub(crate) struct FollowPayments {
    db: Database,
    refunder: Worker,
}

impl FollowPayments {
    pub(crate) fn new(db: &Database, refunder: &Worker) -> Self {
        Self {
            db: db.clone(),
            refunder: refunder.clone(),
        }
    }
}

#[seam::async_trait]
impl Handler for FollowPayments {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event: PaymentEvent = delivery.parse()?;
        let order_id = match event {
            PaymentEvent::PaymentCaptured { order_id, .. } | PaymentEvent::PaymentFailed { order_id, .. } => order_id,
            PaymentEvent::PaymentRefunded { .. } => return Ok(()),
        };
        let refunder = self.refunder.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    let done = changes::apply(tx, order_id, refunder, |order, now| match &event {
                        PaymentEvent::PaymentCaptured { payment_id, amount, .. } => {
                            domain::captured(order, *payment_id, *amount, now)
                        }
                        PaymentEvent::PaymentFailed { reason, .. } => domain::payment_failed(order, reason, now),
                        PaymentEvent::PaymentRefunded { .. } => Ok(domain::Step::default()),
                    });
                    done.await.map(drop).map_err(sorted)
                })
            })
            .await
    }
}

/// Whether trying again can help.
fn sorted(error: OrderError) -> HandlerError {
    match error {
        Error::ServiceUnavailable { .. } | Error::Transport(_) => HandlerError::Unavailable(error.to_string()),
        Error::Conflict(_) => HandlerError::Poison(error.to_string()),
        _ => HandlerError::Failed(error.to_string()),
    }
}
