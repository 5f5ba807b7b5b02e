use std::time::Duration;

use commerce::Timestamp;
use serde::de::DeserializeOwned;
use sqlx::Row;

use super::{Lease, Scope, lease};
use crate::{Database, DatabaseError, Tx};

/// A claim that nobody works on any more: its holder died, or gave it back.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Expired {
    /// The key that was claimed.
    pub scope: Scope,
    request: String,
}

impl Expired {
    /// The request as it was given to [`claim`](super::claim).
    pub fn request<T: DeserializeOwned>(&self) -> Result<T, DatabaseError> {
        serde_json::from_str(&self.request).map_err(|error| DatabaseError::corrupt("request", error))
    }
}

/// Lists unfinished claims of `operation` whose lease has expired, oldest first, at most 100.
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

/// Takes an expired claim over for `term`; `None` if somebody else did, or finished it.
pub async fn resume(tx: &mut Tx, expired: &Expired, term: Duration) -> Result<Option<Lease>, DatabaseError> {
    let lease = Lease::new(&expired.scope);
    let now = Timestamp::now().as_micros();
    let taken = lease.take_over(tx, now, lease::end(now, term)).await?;
    Ok(taken.then_some(lease))
}
