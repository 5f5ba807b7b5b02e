use commerce::{PaymentId, Timestamp};
use shared::{
    Database, DatabaseError, GivenUp, Tx, WorkOutcome,
    row::{money, parsed},
};
use sqlx::Row;

use crate::domain::Refundable;

/// A refund without an outcome.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) refund: Refundable,
    /// Number of times that a person had it tried again after a refusal.
    pub(crate) retries: i64,
}

/// Schedules a refund. One that is scheduled or settled already stays as it is.
pub(crate) async fn schedule(tx: &mut Tx, refund: &Refundable) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO refunds (payment_id, order_id, amount_cents, currency, outcome, due_at)
         VALUES ($1, $2, $3, $4, NULL, $5) ON CONFLICT DO NOTHING",
    )
    .bind(refund.payment_id.to_string())
    .bind(refund.order_id.to_string())
    .bind(refund.amount.cents)
    .bind(refund.amount.currency.as_str())
    .bind(Timestamp::now().as_micros())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The oldest refunds without an outcome, at most `limit`.
pub(crate) async fn due(db: &Database, limit: i64) -> Result<Vec<Due>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT payment_id, order_id, amount_cents, currency, retries FROM refunds
         WHERE outcome IS NULL ORDER BY due_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db.readers())
    .await?;
    rows.iter()
        .map(|row| {
            let refund = Refundable {
                payment_id: parsed(row, "payment_id")?,
                order_id: parsed(row, "order_id")?,
                amount: money(row, "amount_cents")?,
            };
            Ok(Due {
                refund,
                retries: row.try_get("retries")?,
            })
        })
        .collect()
}

/// Stores the outcome of a refund, which is not due any more. No change if it was tried again since.
pub(crate) async fn settle(tx: &mut Tx, due: &Due, outcome: &WorkOutcome) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE refunds SET outcome = $1, settled_at = $2 WHERE payment_id = $3 AND retries = $4 AND outcome IS NULL",
    )
    .bind(outcome.to_string())
    .bind(Timestamp::now().as_micros())
    .bind(due.refund.payment_id.to_string())
    .bind(due.retries)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Refunds that were refused for good, oldest first, at most 1,000.
pub(crate) async fn refused(db: &Database, kind: &'static str) -> Result<Vec<GivenUp>, DatabaseError> {
    GivenUp::list(
        db,
        kind,
        "SELECT payment_id, order_id, amount_cents AS amount, currency, outcome, retries, settled_at FROM refunds
         WHERE outcome LIKE 'refused: %' ORDER BY settled_at, payment_id LIMIT 1000",
    )
    .await
}

/// Makes a refused refund due again. `false`, and no change, if it is not refused.
pub(crate) async fn retry(tx: &mut Tx, payment_id: PaymentId) -> Result<bool, DatabaseError> {
    let due = sqlx::query(
        "UPDATE refunds SET outcome = NULL, retries = retries + 1, due_at = $1
         WHERE payment_id = $2 AND outcome LIKE 'refused: %'",
    )
    .bind(Timestamp::now().as_micros())
    .bind(payment_id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(due.rows_affected() == 1)
}

/// Settles a refused refund that a person has made by hand. `false`, and no change, if it is not refused.
pub(crate) async fn resolve(tx: &mut Tx, payment_id: PaymentId) -> Result<bool, DatabaseError> {
    let settled = sqlx::query(
        "UPDATE refunds SET outcome = 'settled by hand', settled_at = $1
         WHERE payment_id = $2 AND outcome LIKE 'refused: %'",
    )
    .bind(Timestamp::now().as_micros())
    .bind(payment_id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(settled.rows_affected() == 1)
}

#[cfg(test)]
mod tests {
    use commerce::{Currency, Money, OrderId};

    use super::*;
    use crate::{SOURCE, migrations::MIGRATIONS};

    /// A database, and a refund that may be scheduled in it.
    async fn opened(folder: &tempfile::TempDir) -> (Database, Refundable) {
        let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
        let refund = Refundable {
            payment_id: PaymentId::derive(&["payment"]),
            order_id: OrderId::derive(&["order"]),
            amount: Money::new(100, Currency::EUR),
        };
        (Database::open(&url, SOURCE, MIGRATIONS).await.unwrap(), refund)
    }

    #[tokio::test]
    async fn a_refused_refund_is_listed_with_the_reason_as_it_was_given() {
        let folder = tempfile::tempdir().unwrap();
        let (db, refund) = opened(&folder).await;
        let (first, reason) = (Due { refund, retries: 0 }, "refused: refused: by the bank");
        let written: Result<(), DatabaseError> = db
            .write(move |tx| {
                Box::pin(async move {
                    schedule(tx, &refund).await?;
                    settle(tx, &first, &WorkOutcome::Refused(reason.to_owned())).await
                })
            })
            .await;
        written.unwrap();

        let listed = refused(&db, "refund").await.unwrap();

        let seen: Vec<_> = listed
            .iter()
            .map(|one| (one.kind, &*one.id, one.order_id, one.amount, &*one.reason))
            .collect();
        let id = refund.payment_id.to_string();
        assert_eq!(seen, [("refund", &*id, refund.order_id, refund.amount, reason)]);
    }

    #[tokio::test]
    async fn the_outcome_of_an_attempt_before_a_retry_does_not_settle_the_retry() {
        let folder = tempfile::tempdir().unwrap();
        let (db, refund) = opened(&folder).await;
        let first = Due { refund, retries: 0 };
        let refused = WorkOutcome::Refused("for the test".to_owned());
        let written: Result<bool, DatabaseError> = db
            .write(move |tx| {
                Box::pin(async move {
                    schedule(tx, &refund).await?;
                    settle(tx, &first, &refused).await?;
                    let retried = retry(tx, refund.payment_id).await?;
                    settle(tx, &first, &WorkOutcome::Done("late")).await?;
                    schedule(tx, &refund).await?;
                    Ok(retried)
                })
            })
            .await;

        assert_eq!(written, Ok(true));
        let again = Due { refund, retries: 1 };
        assert_eq!(due(&db, 10).await, Ok(vec![again]));
    }
}
