use commerce::PaymentId;
use shared::{DatabaseError, Tx};

use crate::domain::Transfer;

/// Books a transfer: a row for each side. Rows never change afterwards.
pub(crate) async fn book(tx: &mut Tx, payment_id: PaymentId, transfer: &Transfer) -> Result<(), DatabaseError> {
    let [from, to] = transfer.entries();
    sqlx::query(
        "INSERT INTO ledger (transfer, account, payment_id, amount, currency, booked_at)
         VALUES ($1, $2, $3, $4, $5, $6), ($1, $7, $3, $8, $5, $6)",
    )
    .bind(&transfer.id)
    .bind(from.account)
    .bind(payment_id.to_string())
    .bind(from.cents)
    .bind(transfer.amount.currency.as_str())
    .bind(transfer.at.as_micros())
    .bind(to.account)
    .bind(to.cents)
    .execute(tx.connection())
    .await?;
    Ok(())
}
