use std::time::Duration;

use crate::{Database, DatabaseError, Next, Round, idempotency};

/// How long a stored reply is kept: 30 days. A key that is used again later is a new one, and the natural keys (an order's id, a payment's
/// attempt) still prevent a second effect.
const KEEP: Duration = Duration::from_secs(30 * 24 * 60 * 60);

/// How often old replies are looked for.
const LOOK_EVERY: Duration = Duration::from_secs(60 * 60);

/// Forgets old replies to idempotent commands.
pub(crate) struct Retention {
    pub(crate) db: Database,
}

#[seam::async_trait]
impl Round for Retention {
    async fn round(&self) -> Result<Next, String> {
        self.forget_old().await.map_err(|error| error.to_string())?;
        Ok(Next::After(LOOK_EVERY))
    }
}

impl Retention {
    async fn forget_old(&self) -> Result<(), DatabaseError> {
        // A write costs a commit, so it is made only when there is something to forget.
        if !idempotency::has_older(&self.db, KEEP).await? {
            return Ok(());
        }
        let forgotten = self.db.write(|tx| Box::pin(idempotency::prune(tx, KEEP))).await?;
        tracing::info!(module = self.db.module(), forgotten, "old replies are forgotten");
        Ok(())
    }
}
