use commerce::{Order, OrderId, Page, PageRequest, Payment, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use shared::{
    Database, DatabaseError, Listing, Tx,
    row::{instant, money, one_of, parsed},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::{domain::FIRST_ATTEMPT, work::Origin};

/// A payment with the columns that only this module needs.
#[derive(Clone, Debug)]
pub(crate) struct Record {
    pub(crate) payment: Payment,
    pub(crate) payment_method: PaymentMethod,
    pub(crate) authorization_id: Option<String>,
    pub(crate) charge_id: Option<String>,
    pub(crate) refund_pending: i64,
    pub(crate) attempts: i64,
    pub(crate) origin: Origin,
}

/// A payment after an attempt, with the columns that the attempt changes.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) payment: Payment,
    pub(crate) authorization_id: Option<String>,
    pub(crate) charge_id: Option<String>,
    pub(crate) attempts: i64,
    /// Time of the next attempt, in microseconds since the epoch; `None` if the payment is settled.
    pub(crate) due_at: Option<i64>,
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, order_id, status, amount, currency, payment_method, captured, refunded, refund_pending, failure,
                authorization_id, charge_id, correlation_id, causation_id, attempts, version, created_at, updated_at
             FROM payments ",
            $tail
        )
    };
}

/// Inserts the intent to charge an order, due at once. `false`, and no change, if the order has this payment already.
pub(crate) async fn insert(tx: &mut Tx, order: &Order, origin: &Origin) -> Result<bool, DatabaseError> {
    let now = Timestamp::now().as_micros();
    let id = crate::domain::payment_id(order.id);
    let inserted = sqlx::query(
        "INSERT INTO payments (id, order_id, attempt, status, amount, currency, payment_method, correlation_id,
            causation_id, due_at, version, created_at, updated_at)
         VALUES ($1, $2, $3, 'pending', $4, $5, $6, $7, $8, $9, 1, $9, $9) ON CONFLICT DO NOTHING",
    )
    .bind(id.to_string())
    .bind(order.id.to_string())
    .bind(FIRST_ATTEMPT)
    .bind(order.total.cents)
    .bind(order.total.currency.as_str())
    .bind(&order.payment_method.0)
    .bind(&origin.correlation_id)
    .bind(origin.causation_id.as_deref())
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Replaces `before` by `after`. `false`, and no change, if the payment's status or version is not that of `before`
/// any more, or if it has an authorisation that `after` does not know.
pub(crate) async fn replace(tx: &mut Tx, before: &Payment, after: &Settlement) -> Result<bool, DatabaseError> {
    let saved = sqlx::query(
        "UPDATE payments SET status = $1, captured = $2, failure = $3, authorization_id = $4, charge_id = $5,
            attempts = $6, due_at = $7, version = $8, updated_at = $9
         WHERE id = $10 AND status = $11 AND version = $12 AND (authorization_id IS NULL OR authorization_id = $4)",
    )
    .bind(status_text(after.payment.status))
    .bind(after.payment.captured.cents)
    .bind(after.payment.failure.as_deref())
    .bind(after.authorization_id.as_deref())
    .bind(after.charge_id.as_deref())
    .bind(after.attempts)
    .bind(after.due_at)
    .bind(after.payment.version)
    .bind(after.payment.updated_at.as_micros())
    .bind(before.id.to_string())
    .bind(status_text(before.status))
    .bind(before.version)
    .execute(tx.connection())
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Stores the authorisation of a payment that is still `before`. `false`, and no change, if its status or version is
/// another by now, or its authorisation.
pub(crate) async fn note_hold(tx: &mut Tx, before: &Payment, hold: &str) -> Result<bool, DatabaseError> {
    let noted = sqlx::query(
        "UPDATE payments SET authorization_id = $1
         WHERE id = $2 AND status = $3 AND version = $4 AND (authorization_id IS NULL OR authorization_id = $1)",
    )
    .bind(hold)
    .bind(before.id.to_string())
    .bind(status_text(before.status))
    .bind(before.version)
    .execute(tx.connection())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Reserves a part of the captured amount for a refund. `false`, and no change, if less than that is left.
pub(crate) async fn reserve_refund(tx: &mut Tx, id: PaymentId, cents: i64) -> Result<bool, DatabaseError> {
    let reserved = sqlx::query(
        "UPDATE payments SET refund_pending = refund_pending + $1
         WHERE id = $2 AND status IN ('captured', 'partially_refunded') AND captured - refunded - refund_pending >= $1",
    )
    .bind(cents)
    .bind(id.to_string())
    .execute(tx.connection())
    .await?;
    Ok(reserved.rows_affected() == 1)
}

/// Stores `after`, the payment after a refund of `cents` that was reserved. `false`, and no change, if the
/// payment's status or version is not that of `before` any more.
pub(crate) async fn complete_refund(
    tx: &mut Tx,
    cents: i64,
    before: &Payment,
    after: &Payment,
) -> Result<bool, DatabaseError> {
    let saved = sqlx::query(
        "UPDATE payments SET refund_pending = refund_pending - $1, refunded = $2, status = $3, version = $4,
            updated_at = $5
         WHERE id = $6 AND status = $7 AND version = $8",
    )
    .bind(cents)
    .bind(after.refunded.cents)
    .bind(status_text(after.status))
    .bind(after.version)
    .bind(after.updated_at.as_micros())
    .bind(before.id.to_string())
    .bind(status_text(before.status))
    .bind(before.version)
    .execute(tx.connection())
    .await?;
    Ok(saved.rows_affected() == 1)
}

/// Releases the amount that was reserved for a refund which the provider refused.
pub(crate) async fn release_refund(tx: &mut Tx, id: PaymentId, cents: i64) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE payments SET refund_pending = refund_pending - $1 WHERE id = $2")
        .bind(cents)
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The payment, as the open transaction sees it.
pub(crate) async fn find_in(tx: &mut Tx, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    one(tx.connection(), id).await
}

/// The payment as it was committed last.
pub(crate) async fn find(db: &Database, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    one(&mut *db.readers().acquire().await?, id).await
}

/// One page of an order's payments, oldest first.
pub(crate) async fn page(db: &Database, order_id: OrderId, page: PageRequest) -> Result<Page<Payment>, DatabaseError> {
    let listing = Listing {
        count: "SELECT COUNT(*) FROM payments WHERE order_id = $1",
        rows: select!("WHERE order_id = $1 ORDER BY attempt LIMIT $2 OFFSET $3"),
    };
    listing
        .page(db, Some(&order_id.to_string()), page, |row| {
            read(row).map(|record| record.payment)
        })
        .await
}

async fn one(connection: &mut AnyConnection, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    let row = sqlx::query(select!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(read).transpose()
}

fn status_text(status: PaymentStatus) -> &'static str {
    match status {
        PaymentStatus::Pending => "pending",
        PaymentStatus::Authorized => "authorized",
        PaymentStatus::Captured => "captured",
        PaymentStatus::Failed => "failed",
        PaymentStatus::Refunded => "refunded",
        PaymentStatus::PartiallyRefunded => "partially_refunded",
        PaymentStatus::Unknown => "unknown",
    }
}

fn read(row: &AnyRow) -> Result<Record, DatabaseError> {
    let payment = Payment {
        id: parsed(row, "id")?,
        order_id: parsed(row, "order_id")?,
        status: one_of(row, "status", PaymentStatus::ALL, status_text)?,
        amount: money(row, "amount")?,
        captured: money(row, "captured")?,
        refunded: money(row, "refunded")?,
        failure: row.try_get("failure")?,
        version: row.try_get("version")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    };
    Ok(Record {
        payment,
        payment_method: PaymentMethod(row.try_get("payment_method")?),
        authorization_id: row.try_get("authorization_id")?,
        charge_id: row.try_get("charge_id")?,
        refund_pending: row.try_get("refund_pending")?,
        attempts: row.try_get("attempts")?,
        origin: Origin {
            correlation_id: row.try_get("correlation_id")?,
            causation_id: row.try_get("causation_id")?,
        },
    })
}
