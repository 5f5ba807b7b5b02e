use std::time::Duration;

use commerce::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;

use super::{Scope, Ticket, claim::after};
use crate::{Database, DatabaseError, Tx};

/// A claim that nobody works on any more: its holder died, or gave it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// What was claimed.
    pub scope: Scope,
    request: String,
}

impl Expired {
    /// The request as it was given to [`claim`](super::claim).
    pub fn request<T: DeserializeOwned>(&self) -> Result<T, DatabaseError> {
        serde_json::from_str(&self.request).map_err(|error| DatabaseError::corrupt("request", error))
    }
}

/// Unfinished claims of `operation` whose lease ran out, oldest first, at most 100.
pub async fn expired(db: &Database, operation: &str) -> Result<Vec<Expired>, DatabaseError> {
    let rows = sqlx::query(
        "SELECT caller, operation, key, request FROM idempotency
         WHERE operation = $1 AND reply IS NULL AND lease_until <= $2 ORDER BY claimed_at LIMIT 100",
    )
    .bind(operation)
    .bind(Timestamp::now().as_micros())
    .fetch_all(db.readers())
    .await?;
    rows.iter()
        .map(|row| {
            let scope = Scope {
                caller: row.try_get("caller")?,
                operation: row.try_get("operation")?,
                key: row.try_get("key")?,
            };
            Ok(Expired {
                scope,
                request: row.try_get("request")?,
            })
        })
        .collect()
}

/// Takes an expired claim over for `lease`; `None` if somebody else did, or finished it.
pub async fn resume(tx: &mut Tx, expired: &Expired, lease: Duration) -> Result<Option<Ticket>, DatabaseError> {
    let ticket = Ticket::new(&expired.scope);
    let now = Timestamp::now().as_micros();
    Ok(take_over(tx, &ticket, now, after(now, lease)).await?.then_some(ticket))
}

/// Forgets replies older than `keep`; their keys are new again then, so natural keys must still prevent a second effect (I9).
pub async fn prune(tx: &mut Tx, keep: Duration) -> Result<u64, DatabaseError> {
    let gone = sqlx::query("DELETE FROM idempotency WHERE reply IS NOT NULL AND replied_at < $1")
        .bind(before(keep))
        .execute(tx.connection())
        .await?;
    Ok(gone.rows_affected())
}

/// Whether [`prune`] would forget anything.
pub(crate) async fn has_older(db: &Database, keep: Duration) -> Result<bool, DatabaseError> {
    let found = sqlx::query("SELECT 1 FROM idempotency WHERE reply IS NOT NULL AND replied_at < $1 LIMIT 1")
        .bind(before(keep))
        .fetch_optional(db.readers())
        .await?;
    Ok(found.is_some())
}

fn before(keep: Duration) -> i64 {
    Timestamp::now()
        .as_micros()
        .saturating_sub(i64::try_from(keep.as_micros()).unwrap_or(i64::MAX))
}

pub(super) async fn take_over(tx: &mut Tx, ticket: &Ticket, now: i64, until: i64) -> Result<bool, DatabaseError> {
    let Ticket { scope, owner } = ticket;
    let taken = sqlx::query(
        "UPDATE idempotency SET owner = $1, lease_until = $2
         WHERE caller = $3 AND operation = $4 AND key = $5 AND reply IS NULL AND lease_until <= $6",
    )
    .bind(owner)
    .bind(until)
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .bind(now)
    .execute(tx.connection())
    .await?;
    Ok(taken.rows_affected() == 1)
}
