use std::time::Duration;

use commerce::{PaymentId, Timestamp};
use shared::{Database, DatabaseError, GivenUp, Tx, WorkOutcome, row::parsed};
use sqlx::Row;

use crate::domain::look_again;

/// Time for which an authorisation is looked for. No request is on its way for longer.
const WATCH: Duration = Duration::from_secs(24 * 60 * 60);

/// An authorisation that nobody needs, and that may be held at the provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Hold {
    payment_id: PaymentId,
    attempts: i64,
    /// Time when the payment failed, in microseconds since the epoch.
    let_go_at: i64,
}

impl Hold {
    /// True if the search has lasted long enough.
    pub(crate) fn is_over(&self) -> bool {
        let watch = i64::try_from(WATCH.as_micros()).unwrap_or(i64::MAX);
        Timestamp::now().as_micros() >= self.let_go_at.saturating_add(watch)
    }
}

/// Has an authorisation of the payment looked for and voided.
pub(crate) async fn let_go(tx: &mut Tx, payment_id: PaymentId) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO holds (payment_id, due_at, let_go_at) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(payment_id.to_string())
        .bind(look_again(0))
        .bind(Timestamp::now().as_micros())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The hold of a payment that is still looked for.
pub(crate) async fn find(db: &Database, id: PaymentId) -> Result<Option<Hold>, DatabaseError> {
    let row =
        sqlx::query("SELECT payment_id, attempts, let_go_at FROM holds WHERE payment_id = $1 AND due_at IS NOT NULL")
            .bind(id.to_string())
            .fetch_optional(db.readers())
            .await?;
    row.map(|row| {
        Ok(Hold {
            payment_id: parsed(&row, "payment_id")?,
            attempts: row.try_get("attempts")?,
            let_go_at: row.try_get("let_go_at")?,
        })
    })
    .transpose()
}

/// Counts an attempt and postpones the next one.
pub(crate) async fn postpone(tx: &mut Tx, hold: &Hold) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE holds SET attempts = attempts + 1, due_at = $1
         WHERE payment_id = $2 AND attempts = $3 AND due_at IS NOT NULL",
    )
    .bind(look_again(hold.attempts + 1))
    .bind(hold.payment_id.to_string())
    .bind(hold.attempts)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Ends the search. No change if it was begun again since.
pub(crate) async fn settle(tx: &mut Tx, hold: &Hold, outcome: &WorkOutcome) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE holds SET attempts = attempts + 1, due_at = NULL, outcome = $1, settled_at = $2
         WHERE payment_id = $3 AND attempts = $4 AND due_at IS NOT NULL",
    )
    .bind(outcome.to_string())
    .bind(Timestamp::now().as_micros())
    .bind(hold.payment_id.to_string())
    .bind(hold.attempts)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Holds that the provider refused to void, oldest first, at most 1,000.
pub(crate) async fn refused(db: &Database, kind: &'static str) -> Result<Vec<GivenUp>, DatabaseError> {
    GivenUp::list(
        db,
        kind,
        "SELECT payment_id, order_id, amount, currency, outcome, retries, settled_at
         FROM holds JOIN payments ON payments.id = holds.payment_id
         WHERE outcome LIKE 'refused: %' ORDER BY settled_at, payment_id LIMIT 1000",
    )
    .await
}

/// Begins the search again. `false`, and no change, if the hold was not refused.
pub(crate) async fn retry(tx: &mut Tx, id: PaymentId) -> Result<bool, DatabaseError> {
    let due = sqlx::query(
        "UPDATE holds SET outcome = NULL, retries = retries + 1, due_at = $1, let_go_at = $1
         WHERE payment_id = $2 AND outcome LIKE 'refused: %'",
    )
    .bind(Timestamp::now().as_micros())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(due.rows_affected() == 1)
}

/// Settles a refused hold that a person has voided by hand. `false`, and no change, if it was not refused.
pub(crate) async fn resolve(tx: &mut Tx, id: PaymentId) -> Result<bool, DatabaseError> {
    let settled = sqlx::query(
        "UPDATE holds SET outcome = 'settled by hand', settled_at = $1
         WHERE payment_id = $2 AND outcome LIKE 'refused: %'",
    )
    .bind(Timestamp::now().as_micros())
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(settled.rows_affected() == 1)
}
