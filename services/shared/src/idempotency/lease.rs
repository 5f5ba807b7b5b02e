use std::time::Duration;

use commerce::Timestamp;
use seam::chance;

use super::scope::{Scope, Statement, of_scope};
use crate::{DatabaseError, Tx};

/// The right to complete a claimed key, until it expires and somebody else takes the key over.
///
/// Its token fences: each statement here compares it, so the holder of an expired lease changes nothing any more.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// The key that was claimed.
    pub scope: Scope,
    /// The fencing token; column `owner`.
    pub(super) token: String,
}

/// The condition for the unfinished claim that a lease still holds: [`of_scope`] and the token as `$4`.
macro_rules! held {
    () => {
        concat!(of_scope!(), " AND owner = $4 AND reply IS NULL")
    };
}
pub(super) use held;

impl Lease {
    /// A lease with a token of its own, which holds nothing before it is written.
    pub(super) fn new(scope: &Scope) -> Self {
        Self {
            scope: scope.clone(),
            token: chance::id().to_string(),
        }
    }

    /// Binds the parameters `$1` to `$4` of [`held`].
    pub(super) fn bind(&self, query: Statement) -> Statement {
        self.scope.bind(query).bind(&self.token)
    }

    /// Runs a statement over [`held`]. Fails with [`DatabaseError::ClaimLost`] if the lease does not hold the claim.
    pub(super) async fn run(&self, tx: &mut Tx, query: Statement) -> Result<(), DatabaseError> {
        let changed = query.execute(tx.connection()).await?;
        if changed.rows_affected() == 1 {
            return Ok(());
        }
        let key = self.scope.key.clone();
        Err(DatabaseError::ClaimLost { key })
    }

    /// Takes the claim over if its lease has expired at `now`; `false` if it has not, or is finished.
    pub(super) async fn take_over(&self, tx: &mut Tx, now: i64, until: i64) -> Result<bool, DatabaseError> {
        let take = sqlx::query(concat!(
            "UPDATE idempotency SET owner = $4, lease_until = $5",
            of_scope!(),
            " AND reply IS NULL AND lease_until <= $6"
        ));
        let taken = self.bind(take).bind(until).bind(now).execute(tx.connection()).await?;
        Ok(taken.rows_affected() == 1)
    }

    async fn set_end(&self, tx: &mut Tx, until: i64) -> Result<(), DatabaseError> {
        let set = sqlx::query(concat!("UPDATE idempotency SET lease_until = $5", held!()));
        self.run(tx, self.bind(set).bind(until)).await
    }
}

/// Holds the claim for another `term` from now.
pub async fn renew(tx: &mut Tx, lease: &Lease, term: Duration) -> Result<(), DatabaseError> {
    lease.set_end(tx, end(Timestamp::now().as_micros(), term)).await
}

/// Gives the claim back unfinished: the next repetition of the request may resume it at once, and so may a recoverer.
pub async fn release(tx: &mut Tx, lease: &Lease) -> Result<(), DatabaseError> {
    lease.set_end(tx, 0).await
}

/// Deletes the claim as if it had never been made. Only for work that had no effect at all.
pub async fn forget(tx: &mut Tx, lease: &Lease) -> Result<(), DatabaseError> {
    let delete = sqlx::query(concat!("DELETE FROM idempotency", held!()));
    lease.run(tx, lease.bind(delete)).await
}

/// The end of a lease of `term` that begins at `now`, in microseconds since the epoch.
pub(super) fn end(now: i64, term: Duration) -> i64 {
    now.saturating_add(i64::try_from(term.as_micros()).unwrap_or(i64::MAX))
}
