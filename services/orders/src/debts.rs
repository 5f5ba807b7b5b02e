//! What was decided in a write and is owed to another module since: each is asked until it has answered.

use std::{sync::Arc, time::Duration};

use commerce::{Error, IdempotencyKey, Inventory, Money, OrderId, PaymentConflict, PaymentStatus, Payments, Refund};
use futures::{StreamExt, stream};
use shared::{Database, DatabaseError, Next, Round};

use crate::{
    ask::ask,
    domain::Refundable,
    store::{refunds, releases},
};

/// How many debts are read at a time.
const MOST: i64 = 100;
/// How many modules are asked at a time.
const AT_ONCE: usize = 8;

/// Gives captured money back that has no order to pay for.
pub(crate) struct Refunder {
    pub(crate) db: Database,
    pub(crate) payments: Arc<dyn Payments>,
    pub(crate) patience: Duration,
}

/// Gives the stock back of orders that will never exist.
pub(crate) struct Releaser {
    pub(crate) db: Database,
    pub(crate) inventory: Arc<dyn Inventory>,
    pub(crate) patience: Duration,
}

#[seam::async_trait]
impl Round for Refunder {
    async fn round(&self) -> Result<Next, String> {
        let due = refunds::due(&self.db, MOST).await.map_err(|error| error.to_string())?;
        pay(due, |refund| self.pay(refund)).await
    }
}

#[seam::async_trait]
impl Round for Releaser {
    async fn round(&self) -> Result<Next, String> {
        let due = releases::due(&self.db, MOST).await.map_err(|error| error.to_string())?;
        pay(due, |order_id| self.pay(order_id)).await
    }
}

/// Pays all of them; the rest goes on when one can't be paid now.
async fn pay<D, F: Future<Output = Result<(), String>>>(due: Vec<D>, one: impl Fn(D) -> F) -> Result<Next, String> {
    let is_last = i64::try_from(due.len()).is_ok_and(|read| read < MOST);
    let outcomes: Vec<_> = stream::iter(due).map(one).buffer_unordered(AT_ONCE).collect().await;
    match outcomes.into_iter().find_map(Result::err) {
        Some(reason) => Err(reason),
        None if is_last => Ok(Next::Idle),
        None => Ok(Next::Again),
    }
}

impl Refunder {
    async fn pay(&self, refund: Refundable) -> Result<(), String> {
        let outcome = self.refund(&refund).await?;
        if outcome.starts_with(REFUSED) {
            tracing::error!(order_id = %refund.order_id, payment_id = %refund.payment_id, outcome, "refund needs a person");
        }
        let settled: Result<(), DatabaseError> = self
            .db
            .write(move |tx| Box::pin(async move { refunds::settle(tx, refund.payment_id, &outcome).await }))
            .await;
        settled.map_err(|error| error.to_string())
    }

    /// Asks Payments until it has said what became of the refund. If less is left than is due, because somebody gave a part back by hand, what
    /// is left is asked for. Each amount has its own key, so nothing goes back twice.
    async fn refund(&self, due: &Refundable) -> Result<String, String> {
        let mut amount = due.amount;
        loop {
            let refund = Refund {
                key: key(due, amount)?,
                amount,
            };
            let left = match ask(
                "payments",
                self.patience,
                self.payments.refund_payment(due.payment_id, refund),
            )
            .await
            {
                Ok(_) => return Ok("refunded".to_owned()),
                Err(Error::Conflict(PaymentConflict::RefundExceedsCaptured { left, .. })) => left,
                Err(Error::Conflict(PaymentConflict::IllegalTransition {
                    from: PaymentStatus::Refunded,
                    ..
                })) => {
                    return Ok("refunded before".to_owned());
                }
                Err(Error::Conflict(refused)) => return Ok(format!("{REFUSED}: {refused}")),
                Err(error) => return Err(error.to_string()),
            };
            if left.cents <= 0 {
                return Ok("refunded before".to_owned());
            }
            if left.currency != amount.currency || left.cents >= amount.cents {
                return Err(format!("payments refused {amount} and says that {left} is left"));
            }
            amount = left;
        }
    }
}

const REFUSED: &str = "refused";

fn key(due: &Refundable, amount: Money) -> Result<IdempotencyKey, String> {
    let key = format!("order-not-needed/{}/{}", due.payment_id, amount.cents);
    key.parse().map_err(|error: commerce::Invalid| error.to_string())
}

impl Releaser {
    async fn pay(&self, order_id: OrderId) -> Result<(), String> {
        let released = ask("inventory", self.patience, self.inventory.release(order_id)).await;
        released.map_err(|error| error.to_string())?;
        let settled: Result<(), DatabaseError> =
            self.db.write(move |tx| Box::pin(releases::settle(tx, order_id))).await;
        settled.map_err(|error| error.to_string())
    }
}
