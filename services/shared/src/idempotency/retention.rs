use std::time::Duration;

use commerce::Timestamp;

use crate::{Database, DatabaseError, Next, Round, Tx};

/// Time for which stored replies are kept: 30 days. A key that is used again later is new, and natural keys (an
/// order's id, a payment's attempt) still prevent a second effect.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// Pause between two looks for old replies.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// Prunes old replies to idempotent commands, every hour.
pub(crate) struct Retention {
    pub(crate) db: Database,
}

#[seam::async_trait]
impl Round for Retention {
    async fn round(&self) -> Result<Next, String> {
        self.prune().await.map_err(|error| error.to_string())?;
        Ok(Next::After(LOOK_EVERY))
    }
}

impl Retention {
    async fn prune(&self) -> Result<(), DatabaseError> {
        // A write costs a commit, so it is made only when there is something to prune.
        if !has_older(&self.db, KEEP).await? {
            return Ok(());
        }
        let pruned = self.db.write(|tx| Box::pin(prune(tx, KEEP))).await?;
        tracing::info!(module = self.db.module(), pruned, "old stored replies deleted");
        Ok(())
    }
}

/// Deletes replies older than `keep`; returns their number. Their keys are new again, so natural keys must still
/// prevent a second effect (I9).
pub async fn prune(tx: &mut Tx, keep: Duration) -> Result<u64, DatabaseError> {
    let gone = sqlx::query("DELETE FROM idempotency WHERE reply IS NOT NULL AND replied_at < $1")
        .bind(before(keep))
        .execute(tx.connection())
        .await?;
    Ok(gone.rows_affected())
}

/// True if [`prune`] would delete anything.
async fn has_older(db: &Database, keep: Duration) -> Result<bool, DatabaseError> {
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

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: i64 = 24 * 60 * 60 * 1_000_000;

    /// Keeps only what the retention leaves of replies that are so many days old, each to a claim of another age.
    async fn kept(replies: &'static [(i64, i64)]) -> (Result<Next, String>, Vec<String>) {
        let folder = tempfile::tempdir().unwrap();
        let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
        let db = Database::open(&url, "tested", &[]).await.unwrap();
        let now = Timestamp::now().as_micros();
        db.write::<_, DatabaseError, _>(move |tx| {
            Box::pin(async move {
                for (replied, claimed) in replies {
                    sqlx::query(
                        "INSERT INTO idempotency (caller, operation, key, owner, fingerprint, request, lease_until,
                            claimed_at, reply, request_id, replied_at)
                         VALUES ('shop', 'buy', $1, '', '', '', 0, $2, 'null', '', $3)",
                    )
                    .bind(replied.to_string())
                    .bind(now - claimed * DAY)
                    .bind(now - replied * DAY)
                    .execute(tx.connection())
                    .await?;
                }
                Ok(())
            })
        })
        .await
        .unwrap();

        let next = Retention { db: db.clone() }.round().await;

        let kept = sqlx::query_scalar("SELECT key FROM idempotency ORDER BY key")
            .fetch_all(db.readers())
            .await
            .unwrap();
        (next, kept)
    }

    #[tokio::test]
    async fn a_reply_is_kept_for_thirty_days_and_looked_at_every_hour() {
        let every_hour = Ok(Next::After(Duration::from_secs(3600)));

        let (next, left) = kept(&[(1, 1), (29, 29), (31, 31), (60, 60)]).await;
        assert_eq!(
            (next, left),
            (every_hour.clone(), vec!["1".to_owned(), "29".to_owned()])
        );
        let (next, left) = kept(&[(31, 31)]).await;
        assert_eq!(
            (next, left),
            (every_hour.clone(), vec![]),
            "one that is just too old is enough for a look"
        );
        let (_, left) = kept(&[(2, 40), (40, 40)]).await;
        assert_eq!(left, ["2"], "a late reply is as old as itself, and not as its claim");
    }
}
