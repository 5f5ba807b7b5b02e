use std::time::Duration;

use commerce::Timestamp;
use seam::{Context, original};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::{Row, any::AnyRow};

use super::{
    Fingerprint, Lease, Scope,
    lease::{self, held},
    scope::of_scope,
};
use crate::{DatabaseError, Tx, row};

/// Result of claiming a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is new: do the work, then [`complete`].
    New(Lease),
    /// The work was begun with the same request, and the lease of its holder expired: go on with it, then
    /// [`complete`].
    Resumed(Lease),
    /// The work is done, and this is the stored reply. Its request id and time are marked as a repetition.
    Answered(Stored),
    /// Somebody is working on the same request.
    InFlight {
        /// Time until their lease expires at the latest.
        retry_after: Duration,
    },
    /// The key was used with another request.
    Reused,
}

/// A stored reply, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    reply: String,
    original: original::Original,
}

impl Stored {
    /// The reply as it was given to [`complete`].
    pub fn reply<T: DeserializeOwned>(&self) -> Result<T, DatabaseError> {
        serde_json::from_str(&self.reply).map_err(|error| DatabaseError::corrupt("reply", error))
    }

    /// The request that was answered with it, and when.
    pub fn original(&self) -> &original::Original {
        &self.original
    }
}

/// Claims the key for `term`, with one atomic insert. `request` is stored, so that the work can be resumed.
pub async fn claim(
    tx: &mut Tx,
    scope: &Scope,
    fingerprint: &Fingerprint,
    request: &impl Serialize,
    term: Duration,
) -> Result<Claim, DatabaseError> {
    let request = row::to_json("request", request)?;
    let lease = Lease::new(scope);
    let now = Timestamp::now().as_micros();
    let until = lease::end(now, term);
    let insert = sqlx::query(
        "INSERT INTO idempotency (caller, operation, key, owner, fingerprint, request, lease_until, claimed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    );
    let insert = lease
        .bind(insert)
        .bind(&fingerprint.0)
        .bind(request)
        .bind(until)
        .bind(now);
    let claimed = insert.execute(tx.connection()).await?;
    if claimed.rows_affected() == 1 {
        return Ok(Claim::New(lease));
    }
    existing(tx, lease, fingerprint, now, until).await
}

async fn existing(
    tx: &mut Tx,
    lease: Lease,
    fingerprint: &Fingerprint,
    now: i64,
    until: i64,
) -> Result<Claim, DatabaseError> {
    let find = sqlx::query(concat!(
        "SELECT fingerprint, lease_until, reply, request_id, replied_at FROM idempotency",
        of_scope!()
    ));
    let row = lease.scope.bind(find).fetch_optional(tx.connection()).await?;
    // The row was pruned between the two statements, which only another process can do.
    let Some(row) = row else {
        return Ok(in_flight(0));
    };
    if row.try_get::<String, _>("fingerprint")? != fingerprint.0 {
        return Ok(Claim::Reused);
    }
    if let Some(stored) = stored(&row)? {
        original::mark(stored.original.clone());
        return Ok(Claim::Answered(stored));
    }
    let held_until: i64 = row.try_get("lease_until")?;
    if held_until > now {
        return Ok(in_flight(held_until - now));
    }
    Ok(if lease.take_over(tx, now, until).await? {
        Claim::Resumed(lease)
    } else {
        in_flight(until - now)
    })
}

fn stored(row: &AnyRow) -> Result<Option<Stored>, DatabaseError> {
    let Some(reply) = row.try_get::<Option<String>, _>("reply")? else {
        return Ok(None);
    };
    let original = original::Original {
        request_id: row.try_get("request_id")?,
        at_micros: row.try_get("replied_at")?,
    };
    Ok(Some(Stored { reply, original }))
}

fn in_flight(micros: i64) -> Claim {
    Claim::InFlight {
        retry_after: Duration::from_micros(u64::try_from(micros).unwrap_or(0)),
    }
}

/// Stores the reply for good, under the request id of `Context::current()` and the current time.
///
/// Call it in the write that makes the effect durable. Fails with [`DatabaseError::ClaimLost`] if the lease expired
/// and somebody else took the claim over: return that error, so that the effect is rolled back.
pub async fn complete(tx: &mut Tx, lease: &Lease, reply: &impl Serialize) -> Result<(), DatabaseError> {
    let reply = row::to_json("reply", reply)?;
    let original = original::Original {
        request_id: Context::current().request_id,
        at_micros: Timestamp::now().as_micros(),
    };
    let store = sqlx::query(concat!(
        "UPDATE idempotency SET reply = $5, request_id = $6, replied_at = $7",
        held!()
    ));
    let store = lease
        .bind(store)
        .bind(reply)
        .bind(&original.request_id)
        .bind(original.at_micros);
    lease.run(tx, store).await?;
    original::mark(original);
    Ok(())
}
