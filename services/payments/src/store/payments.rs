use commerce::{Order, OrderId, Page, PageRequest, Payment, PaymentId, PaymentMethod, PaymentStatus, Timestamp};
use shared::{
    Database, DatabaseError, Listing, Tx,
    row::{instant, money, one_of, parsed},
};
use sqlx::{AnyConnection, Row, any::AnyRow};

use crate::domain::FIRST_ATTEMPT;

/// A payment with what only this module needs to know.
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

/// What set a piece of work off: its events say so, whenever they are written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) correlation_id: String,
    pub(crate) causation_id: Option<String>,
}

/// What changes with a payment's status.
#[derive(Clone, Debug)]
pub(crate) struct Settlement {
    pub(crate) payment: Payment,
    pub(crate) authorization_id: Option<String>,
    pub(crate) charge_id: Option<String>,
    pub(crate) attempts: i64,
    /// When to work on it again; `None`: it is settled.
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

/// Writes the intent down, due at once. `false`: the order has this payment already.
pub(crate) async fn insert(tx: &mut Tx, order: &Order, origin: &Origin) -> Result<bool, DatabaseError> {
    let now = Timestamp::now().as_micros();
    let id = crate::domain::payment_id(order.id);
    let inserted = sqlx::query(
        "INSERT INTO payments (id, order_id, attempt, status, amount, currency, payment_method, correlation_id, causation_id,
            due_at, version, created_at, updated_at)
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

/// Stores what a payment has become, if it is still what `before` says. `false`: somebody else changed it.
pub(crate) async fn save(tx: &mut Tx, before: &Payment, after: &Settlement) -> Result<bool, DatabaseError> {
    let saved = sqlx::query(
        "UPDATE payments SET status = $1, captured = $2, failure = $3, authorization_id = $4, charge_id = $5, attempts = $6,
            due_at = $7, version = $8, updated_at = $9
         WHERE id = $10 AND status = $11 AND version = $12",
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

/// Sets a part of what was captured aside for a refund. `false`: that much is not left.
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

/// The payment inside a write.
pub(crate) async fn load(tx: &mut Tx, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    one(tx.connection(), id).await
}

/// The payment as it is now.
pub(crate) async fn find(db: &Database, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    one(&mut *db.readers().acquire().await?, id).await
}

/// The payments of an order, oldest first.
pub(crate) async fn list(db: &Database, order_id: OrderId, page: PageRequest) -> Result<Page<Payment>, DatabaseError> {
    let listing = Listing {
        count: "SELECT COUNT(*) FROM payments WHERE order_id = $1",
        rows: select!("WHERE order_id = $1 ORDER BY attempt LIMIT $2 OFFSET $3"),
    };
    listing
        .page(db, Some(&order_id.to_string()), page, |row| {
            record(row).map(|record| record.payment)
        })
        .await
}

async fn one(connection: &mut AnyConnection, id: PaymentId) -> Result<Option<Record>, DatabaseError> {
    let row = sqlx::query(select!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(connection)
        .await?;
    row.as_ref().map(record).transpose()
}

pub(super) fn status_text(status: PaymentStatus) -> &'static str {
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

fn record(row: &AnyRow) -> Result<Record, DatabaseError> {
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
