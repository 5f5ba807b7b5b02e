use commerce::{Payment, PaymentError, PaymentId, Timestamp};
use seam::replay;
use shared::{
    Database, DatabaseError, Tx,
    row::{self, parsed},
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use super::{Origin, payments::status_text};

/// A refund that was asked for under a caller's key. It holds its own reply: the row is the claim of the key.
#[derive(Clone, Debug)]
pub(crate) struct RefundRecord {
    pub(crate) id: Uuid,
    pub(crate) caller: String,
    pub(crate) key: String,
    pub(crate) payment_id: PaymentId,
    pub(crate) cents: i64,
    pub(crate) attempts: i64,
    pub(crate) origin: Origin,
    /// The request that asked for it first.
    pub(crate) request_id: String,
    /// The reply and when it was given, once the provider has answered.
    pub(crate) reply: Option<(Result<Payment, PaymentError>, i64)>,
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, caller, key, payment_id, amount, correlation_id, causation_id, request_id, reply, replied_at, attempts
             FROM refunds ",
            $tail
        )
    };
}

impl RefundRecord {
    /// Which answer a repetition repeats; `None` while there is none.
    pub(crate) fn original(&self) -> Option<replay::Original> {
        let (_, at_micros) = self.reply.as_ref()?;
        Some(replay::Original {
            request_id: self.request_id.clone(),
            at_micros: *at_micros,
        })
    }
}

/// Writes the intent down, due at once.
pub(crate) async fn insert_refund(tx: &mut Tx, refund: &RefundRecord) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO refunds (id, caller, key, payment_id, amount, correlation_id, causation_id, request_id, due_at, created_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $9)",
    )
    .bind(refund.id.to_string())
    .bind(&refund.caller)
    .bind(&refund.key)
    .bind(refund.payment_id.to_string())
    .bind(refund.cents)
    .bind(&refund.origin.correlation_id)
    .bind(refund.origin.causation_id.as_deref())
    .bind(&refund.request_id)
    .bind(Timestamp::now().as_micros())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Stores the reply for ever after.
/// `false`: it was answered before.
pub(crate) async fn answer_refund(
    tx: &mut Tx,
    refund: &RefundRecord,
    reply: &Result<Payment, PaymentError>,
) -> Result<bool, DatabaseError> {
    let answered =
        sqlx::query("UPDATE refunds SET reply = $1, replied_at = $2, due_at = NULL WHERE id = $3 AND reply IS NULL")
            .bind(row::to_json("reply", reply)?)
            .bind(Timestamp::now().as_micros())
            .bind(refund.id.to_string())
            .execute(tx.connection())
            .await?;
    Ok(answered.rows_affected() == 1)
}

/// Stores that what a refund set aside was given back, if the payment is still what `before` says. `false`: somebody else changed it.
pub(crate) async fn give_back(
    tx: &mut Tx,
    refund: &RefundRecord,
    before: &Payment,
    after: &Payment,
) -> Result<bool, DatabaseError> {
    let saved = sqlx::query(
        "UPDATE payments SET refund_pending = refund_pending - $1, refunded = $2, status = $3, version = $4, updated_at = $5
         WHERE id = $6 AND status = $7 AND version = $8",
    )
    .bind(refund.cents)
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

/// What a refund set aside can be given back by another one.
pub(crate) async fn give_up(tx: &mut Tx, refund: &RefundRecord) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE payments SET refund_pending = refund_pending - $1 WHERE id = $2")
        .bind(refund.cents)
        .bind(refund.payment_id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Puts the next attempt off.
pub(crate) async fn postpone_refund(tx: &mut Tx, id: Uuid, due_at: i64) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE refunds SET attempts = attempts + 1, due_at = $1 WHERE id = $2 AND reply IS NULL")
        .bind(due_at)
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The refund that a caller asked for under a key, inside a write.
pub(crate) async fn load_refund(tx: &mut Tx, caller: &str, key: &str) -> Result<Option<RefundRecord>, DatabaseError> {
    let query = select!("WHERE caller = $1 AND key = $2");
    let row = sqlx::query(query)
        .bind(caller)
        .bind(key)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(record).transpose()
}

/// The refund as it is now.
pub(crate) async fn find_refund(db: &Database, id: Uuid) -> Result<Option<RefundRecord>, DatabaseError> {
    let row = sqlx::query(select!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(record).transpose()
}

fn record(row: &AnyRow) -> Result<RefundRecord, DatabaseError> {
    let reply: Option<String> = row.try_get("reply")?;
    let reply = reply
        .map(|text| {
            let reply = serde_json::from_str(&text).map_err(|error| DatabaseError::corrupt("reply", error))?;
            Ok::<_, DatabaseError>((reply, row.try_get("replied_at")?))
        })
        .transpose()?;
    Ok(RefundRecord {
        id: parsed(row, "id")?,
        caller: row.try_get("caller")?,
        key: row.try_get("key")?,
        payment_id: parsed(row, "payment_id")?,
        cents: row.try_get("amount")?,
        attempts: row.try_get("attempts")?,
        origin: Origin {
            correlation_id: row.try_get("correlation_id")?,
            causation_id: row.try_get("causation_id")?,
        },
        request_id: row.try_get("request_id")?,
        reply,
    })
}
