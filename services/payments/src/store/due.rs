use shared::{Database, DatabaseError, row::parsed};
use sqlx::Row;

use crate::work::Work;

/// Work that is or becomes due.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Due {
    pub(crate) work: Work,
    /// Time when it is due, in microseconds since the epoch.
    pub(crate) at: i64,
    pub(crate) attempts: i64,
}

/// The `limit` pieces of work that are or become due first.
pub(crate) async fn first(db: &Database, limit: usize) -> Result<Vec<Due>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT kind, id, due_at, attempts FROM (
            SELECT 'charge' AS kind, id, due_at, attempts FROM payments WHERE due_at IS NOT NULL
            UNION ALL
            SELECT 'refund' AS kind, id, due_at, attempts FROM refunds WHERE due_at IS NOT NULL
            UNION ALL
            SELECT 'hold' AS kind, payment_id AS id, due_at, attempts FROM holds WHERE due_at IS NOT NULL
         ) AS work ORDER BY due_at LIMIT $1",
    )
    .bind(i64::try_from(limit).unwrap_or(i64::MAX))
    .fetch_all(db.readers())
    .await?;
    rows.iter()
        .map(|row| {
            let kind: String = row.try_get("kind")?;
            let work = match kind.as_str() {
                "charge" => Work::Charge(parsed(row, "id")?),
                "refund" => Work::Refund(parsed(row, "id")?),
                "hold" => Work::Hold(parsed(row, "id")?),
                other => {
                    return Err(DatabaseError::corrupt(
                        "kind",
                        format_args!("{other:?} is not a kind of work, wanted charge, refund or hold"),
                    ));
                }
            };
            Ok(Due {
                work,
                at: row.try_get("due_at")?,
                attempts: row.try_get("attempts")?,
            })
        })
        .collect()
}
