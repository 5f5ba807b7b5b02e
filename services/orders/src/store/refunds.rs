use commerce::{PaymentId, Timestamp};
use shared::{
    Database, DatabaseError, Tx,
    row::{money, parsed},
};

use crate::domain::Refundable;

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
pub(crate) async fn due(db: &Database, limit: i64) -> Result<Vec<Refundable>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT payment_id, order_id, amount_cents, currency FROM refunds
         WHERE outcome IS NULL ORDER BY due_at LIMIT $1",
    )
    .bind(limit)
    .fetch_all(db.readers())
    .await?;
    rows.iter()
        .map(|row| {
            Ok(Refundable {
                payment_id: parsed(row, "payment_id")?,
                order_id: parsed(row, "order_id")?,
                amount: money(row, "amount_cents")?,
            })
        })
        .collect()
}

/// Stores the outcome of a refund, which is not due any more.
pub(crate) async fn settle(tx: &mut Tx, payment_id: PaymentId, outcome: &str) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE refunds SET outcome = $1 WHERE payment_id = $2 AND outcome IS NULL")
        .bind(outcome)
        .bind(payment_id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}
