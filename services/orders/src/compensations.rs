//! Compensations: calls to other modules that undo what an earlier call did. Each is scheduled in the write that
//! makes it necessary, and repeated until the other module has answered.

use std::sync::Arc;

use commerce::{Error, IdempotencyKey, Inventory, Money, OrderId, PaymentConflict, PaymentStatus, Payments, Refund};
use futures::{StreamExt, stream};
use shared::{Database, DatabaseError, Next, Round, WorkOutcome};

use crate::store::{
    refunds::{self, Due},
    releases,
};

/// Limit of compensations that a round reads.
const BATCH: i64 = 100;
/// Limit of compensations of a round in progress at once.
const CONCURRENCY: usize = 8;

/// Refunds captured money that has no order to pay for.
pub(crate) struct Refunds {
    pub(crate) db: Database,
    pub(crate) payments: Arc<dyn Payments>,
}

/// Releases the stock of orders that will never exist.
pub(crate) struct Releases {
    pub(crate) db: Database,
    pub(crate) inventory: Arc<dyn Inventory>,
}

#[seam::async_trait]
impl Round for Refunds {
    async fn round(&self) -> Result<Next, String> {
        let due = refunds::due(&self.db, BATCH).await;
        let due = due.map_err(|error| error.to_string())?;
        attempt_all(due, |refund| self.compensate(refund)).await
    }
}

#[seam::async_trait]
impl Round for Releases {
    async fn round(&self) -> Result<Next, String> {
        let due = releases::due(&self.db, BATCH).await;
        let due = due.map_err(|error| error.to_string())?;
        attempt_all(due, |order_id| self.compensate(order_id)).await
    }
}

/// Attempts all of `due`, with the first failure as the result. A failure does not stop the others.
async fn attempt_all<D, F>(due: Vec<D>, attempt: impl Fn(D) -> F) -> Result<Next, String>
where
    F: Future<Output = Result<(), String>>,
{
    let is_last = i64::try_from(due.len()).is_ok_and(|read| read < BATCH);
    let attempts = stream::iter(due).map(attempt).buffer_unordered(CONCURRENCY);
    let outcomes: Vec<_> = attempts.collect().await;
    match outcomes.into_iter().find_map(Result::err) {
        Some(reason) => Err(reason),
        None if is_last => Ok(Next::Idle),
        None => Ok(Next::Again),
    }
}

impl Refunds {
    async fn compensate(&self, due: Due) -> Result<(), String> {
        let outcome = self.refund(&due).await?;
        if let WorkOutcome::Refused(reason) = &outcome {
            let (order_id, payment_id) = (due.refund.order_id, due.refund.payment_id);
            tracing::error!(
                %order_id, %payment_id, reason,
                "payments refused the refund for good: GET /v2/given-up lists it, retry it or make it by hand"
            );
        }
        let settled: Result<(), DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { refunds::settle(tx, &due, &outcome).await }))
            .await;
        settled.map_err(|error| error.to_string())
    }

    /// Requests the refund until Payments has decided, and returns the outcome. If less is left than is due,
    /// because someone refunded a part by hand, the rest is requested. Each amount has its own key, so nothing is
    /// refunded twice.
    async fn refund(&self, due: &Due) -> Result<WorkOutcome, String> {
        let (payment_id, mut amount) = (due.refund.payment_id, due.refund.amount);
        loop {
            let key = key(due, amount)?;
            let refund = Refund { key, amount };
            let left = match self.payments.refund_payment(payment_id, refund).await {
                Ok(_) => return Ok(WorkOutcome::Done("refunded")),
                Err(Error::Conflict(PaymentConflict::RefundExceedsCaptured { left, .. })) => left,
                Err(Error::Conflict(PaymentConflict::IllegalTransition {
                    from: PaymentStatus::Refunded,
                    ..
                })) => {
                    return Ok(WorkOutcome::Done("refunded before"));
                }
                Err(Error::Conflict(refused)) => return Ok(WorkOutcome::Refused(refused.to_string())),
                Err(error) => return Err(error.to_string()),
            };
            if left.cents <= 0 {
                return Ok(WorkOutcome::Done("refunded before"));
            }
            if left.currency != amount.currency || left.cents >= amount.cents {
                return Err(format!(
                    "payments refused to refund {amount} although it says that {left} is left"
                ));
            }
            amount = left;
        }
    }
}

/// The key of a refund. Payments answers a key that it has refused with the same refusal for ever, so each retry that a
/// person asks for has another one; the money can't go back twice, since a refusal had no effect.
fn key(due: &Due, amount: Money) -> Result<IdempotencyKey, String> {
    let retry = match due.retries {
        0 => String::new(),
        retries => format!("/{retries}"),
    };
    let key = format!("order-not-needed/{}/{}{retry}", due.refund.payment_id, amount.cents);
    key.parse().map_err(|error: commerce::Invalid| error.to_string())
}

impl Releases {
    async fn compensate(&self, order_id: OrderId) -> Result<(), String> {
        let released = self.inventory.release(order_id).await;
        released.map_err(|error| error.to_string())?;
        let settled: Result<(), DatabaseError> =
            self.db.write(move |tx| Box::pin(releases::settle(tx, order_id))).await;
        settled.map_err(|error| error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::{AtomicI64, Ordering};

    use super::*;

    /// The result of a round with so much due, of which the first fails if it is told to, and the number of attempts.
    async fn round(due: i64, first_fails: bool) -> (Result<Next, String>, i64) {
        let attempts = AtomicI64::new(0);
        let next = attempt_all((0..due).collect(), |one| {
            attempts.fetch_add(1, Ordering::SeqCst);
            futures::future::ready(if first_fails && one == 0 {
                Err("down for the test".to_owned())
            } else {
                Ok(())
            })
        })
        .await;
        (next, attempts.into_inner())
    }

    #[tokio::test]
    async fn a_full_batch_is_followed_by_another_and_a_failure_stops_no_other_attempt() {
        let down = || Err("down for the test".to_owned());

        assert_eq!(round(0, false).await, (Ok(Next::Idle), 0));
        assert_eq!(round(BATCH - 1, false).await, (Ok(Next::Idle), BATCH - 1));
        assert_eq!(round(BATCH, false).await, (Ok(Next::Again), BATCH));
        assert_eq!(round(BATCH, true).await, (down(), BATCH));
        assert_eq!(round(3, true).await, (down(), 3));
    }
}
