use commerce::{Payment, PaymentError, PaymentId, Timestamp};
use seam::replay;
use shared::{
    Database, DatabaseError, Tx,
    row::{self, parsed},
};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::work::Origin;

/// A refund that a caller requested under a key. The row is also the claim of the key, and holds the reply.
#[derive(Clone, Debug)]
pub(crate) struct RefundRecord {
    pub(crate) id: Uuid,
    pub(crate) caller: String,
    pub(crate) key: String,
    pub(crate) payment_id: PaymentId,
    pub(crate) cents: i64,
    pub(crate) attempts: i64,
    pub(crate) origin: Origin,
    /// The first request for it.
    pub(crate) request_id: String,
    /// The reply and its time in microseconds since the epoch, once the provider has answered.
    pub(crate) reply: Option<(Result<Payment, PaymentError>, i64)>,
}

macro_rules! select {
    ($tail:literal) => {
        concat!(
            "SELECT id, caller, key, payment_id, amount, correlation_id, causation_id, request_id, reply,
                replied_at, attempts
             FROM refunds ",
            $tail
        )
    };
}

impl RefundRecord {
    /// The first reply, which a repeated request gets again; `None` as long as there is no reply.
    pub(crate) fn original(&self) -> Option<replay::Original> {
        let (_, at_micros) = self.reply.as_ref()?;
        Some(replay::Original {
            request_id: self.request_id.clone(),
            at_micros: *at_micros,
        })
    }
}

/// Inserts the intent to refund, due at once.
pub(crate) async fn insert(tx: &mut Tx, refund: &RefundRecord) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO refunds (id, caller, key, payment_id, amount, correlation_id, causation_id, request_id, due_at,
            created_at)
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

/// Stores the reply for good. `false`, and no change, if there is one already.
pub(crate) async fn answer(
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

/// Counts an attempt and postpones the next one until `due_at`, in microseconds since the epoch.
pub(crate) async fn postpone(tx: &mut Tx, id: Uuid, due_at: i64) -> Result<(), DatabaseError> {
    sqlx::query("UPDATE refunds SET attempts = attempts + 1, due_at = $1 WHERE id = $2 AND reply IS NULL")
        .bind(due_at)
        .bind(id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The refund that a caller requested under a key, as the open transaction sees it.
pub(crate) async fn find_in(tx: &mut Tx, caller: &str, key: &str) -> Result<Option<RefundRecord>, DatabaseError> {
    let query = select!("WHERE caller = $1 AND key = $2");
    let row = sqlx::query(query)
        .bind(caller)
        .bind(key)
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

/// The refund as it was committed last.
pub(crate) async fn find(db: &Database, id: Uuid) -> Result<Option<RefundRecord>, DatabaseError> {
    let row = sqlx::query(select!("WHERE id = $1"))
        .bind(id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(read).transpose()
}

fn read(row: &AnyRow) -> Result<RefundRecord, DatabaseError> {
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
