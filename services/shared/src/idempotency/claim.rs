use std::time::Duration;

use commerce::Timestamp;
use seam::{Context, replay};
use serde::{Serialize, de::DeserializeOwned};
use sqlx::Row;

use super::{Fingerprint, Scope, Ticket};
use crate::{DatabaseError, Tx, row};

/// What became of claiming a key.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Claim {
    /// The key is new: do the work, then [`complete`].
    New(Ticket),
    /// The work was begun with the same request and its holder's lease ran out: go on with it, then [`complete`].
    Resumed(Ticket),
    /// The work is done: this is the stored reply. Its request id and time are marked as a replay.
    Replay(Stored),
    /// Somebody is working on the same request.
    InFlight {
        /// When their lease runs out at the latest.
        retry_after: Duration,
    },
    /// The key was used with another request.
    Reused,
}

/// A stored reply, byte for byte.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Stored {
    reply: String,
    original: replay::Original,
}

impl Stored {
    /// The reply as it was given to [`complete`].
    pub fn reply<T: DeserializeOwned>(&self) -> Result<T, DatabaseError> {
        serde_json::from_str(&self.reply).map_err(|error| DatabaseError::corrupt("reply", error))
    }

    /// Which request was answered with it, and when.
    pub fn original(&self) -> &replay::Original {
        &self.original
    }
}

/// Claims the key for `lease`, with one atomic insert. `request` is kept for whoever has to resume the work.
pub async fn claim(
    tx: &mut Tx,
    scope: &Scope,
    fingerprint: &Fingerprint,
    request: &impl Serialize,
    lease: Duration,
) -> Result<Claim, DatabaseError> {
    let request = row::to_json("request", request)?;
    let ticket = Ticket::new(scope);
    let now = Timestamp::now().as_micros();
    let until = after(now, lease);
    let claimed = sqlx::query(
        "INSERT INTO idempotency (caller, operation, key, fingerprint, request, owner, lease_until, claimed_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .bind(&fingerprint.0)
    .bind(request)
    .bind(&ticket.owner)
    .bind(until)
    .bind(now)
    .execute(tx.connection())
    .await?;
    if claimed.rows_affected() == 1 {
        return Ok(Claim::New(ticket));
    }
    existing(tx, ticket, fingerprint, now, until).await
}

async fn existing(
    tx: &mut Tx,
    ticket: Ticket,
    fingerprint: &Fingerprint,
    now: i64,
    until: i64,
) -> Result<Claim, DatabaseError> {
    let scope = &ticket.scope;
    let row = sqlx::query(
        "SELECT fingerprint, lease_until, reply, request_id, replied_at FROM idempotency
         WHERE caller = $1 AND operation = $2 AND key = $3",
    )
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .fetch_optional(tx.connection())
    .await?;
    // It was forgotten between the two statements, which only another process can do.
    let Some(row) = row else {
        return Ok(Claim::InFlight {
            retry_after: Duration::ZERO,
        });
    };
    if row.try_get::<String, _>("fingerprint")? != fingerprint.0 {
        return Ok(Claim::Reused);
    }
    if let Some(reply) = row.try_get::<Option<String>, _>("reply")? {
        let original = replay::Original {
            request_id: row.try_get("request_id")?,
            at_micros: row.try_get("replied_at")?,
        };
        replay::mark(original.clone());
        return Ok(Claim::Replay(Stored { reply, original }));
    }
    let held_until: i64 = row.try_get("lease_until")?;
    if held_until > now {
        let left = u64::try_from(held_until - now).unwrap_or(0);
        return Ok(Claim::InFlight {
            retry_after: Duration::from_micros(left),
        });
    }
    if super::recovery::take_over(tx, &ticket, now, until).await? {
        Ok(Claim::Resumed(ticket))
    } else {
        Ok(Claim::InFlight {
            retry_after: Duration::from_micros(u64::try_from(until - now).unwrap_or(0)),
        })
    }
}

/// Stores the reply for ever after, under the request id of `Context::current()` and the time of now.
///
/// Call it in the write that makes the effect durable. Fails with [`DatabaseError::ClaimLost`] if the lease ran out and somebody else
/// took the claim over: return that error, so that the effect is undone.
pub async fn complete(tx: &mut Tx, ticket: &Ticket, reply: &impl Serialize) -> Result<(), DatabaseError> {
    let reply = row::to_json("reply", reply)?;
    let original = replay::Original {
        request_id: Context::current().request_id,
        at_micros: Timestamp::now().as_micros(),
    };
    let Ticket { scope, owner } = ticket;
    let stored = sqlx::query(
        "UPDATE idempotency SET reply = $1, request_id = $2, replied_at = $3
         WHERE caller = $4 AND operation = $5 AND key = $6 AND owner = $7 AND reply IS NULL",
    )
    .bind(reply)
    .bind(&original.request_id)
    .bind(original.at_micros)
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .bind(owner)
    .execute(tx.connection())
    .await?;
    held(stored.rows_affected(), scope)?;
    replay::mark(original);
    Ok(())
}

/// Holds the claim for another `lease` from now.
pub async fn renew(tx: &mut Tx, ticket: &Ticket, lease: Duration) -> Result<(), DatabaseError> {
    lease_until(tx, ticket, after(Timestamp::now().as_micros(), lease)).await
}

/// Gives the claim back unfinished: a repetition of the request may resume it at once, and so may a recoverer.
pub async fn release(tx: &mut Tx, ticket: &Ticket) -> Result<(), DatabaseError> {
    lease_until(tx, ticket, 0).await
}

/// Takes the claim away as if it had never been made. Only for work that had no effect at all.
pub async fn forget(tx: &mut Tx, ticket: &Ticket) -> Result<(), DatabaseError> {
    let Ticket { scope, owner } = ticket;
    let gone = sqlx::query(
        "DELETE FROM idempotency WHERE caller = $1 AND operation = $2 AND key = $3 AND owner = $4 AND reply IS NULL",
    )
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .bind(owner)
    .execute(tx.connection())
    .await?;
    held(gone.rows_affected(), scope)
}

async fn lease_until(tx: &mut Tx, ticket: &Ticket, until: i64) -> Result<(), DatabaseError> {
    let Ticket { scope, owner } = ticket;
    let changed = sqlx::query(
        "UPDATE idempotency SET lease_until = $1
         WHERE caller = $2 AND operation = $3 AND key = $4 AND owner = $5 AND reply IS NULL",
    )
    .bind(until)
    .bind(&scope.caller)
    .bind(&scope.operation)
    .bind(&scope.key)
    .bind(owner)
    .execute(tx.connection())
    .await?;
    held(changed.rows_affected(), scope)
}

fn held(rows: u64, scope: &Scope) -> Result<(), DatabaseError> {
    if rows == 1 {
        Ok(())
    } else {
        Err(DatabaseError::ClaimLost { key: scope.key.clone() })
    }
}

pub(super) fn after(now: i64, lease: Duration) -> i64 {
    now.saturating_add(i64::try_from(lease.as_micros()).unwrap_or(i64::MAX))
}
