use commerce::PaymentId;
use shared::{Database, DatabaseError, GivenUp, GivingUp};

use crate::{dispatch::Dispatch, store::holds};

/// Authorisations that nobody needs, and that the provider refuses to void.
pub(crate) struct GivenUpHolds {
    pub(crate) db: Database,
    pub(crate) dispatch: Dispatch,
}

#[seam::async_trait]
impl GivingUp for GivenUpHolds {
    fn kind(&self) -> &'static str {
        "hold"
    }

    async fn list(&self) -> Result<Vec<GivenUp>, DatabaseError> {
        holds::refused(&self.db, self.kind()).await
    }

    async fn retry(&self, id: &str) -> Result<bool, DatabaseError> {
        let Ok(id) = id.parse::<PaymentId>() else {
            return Ok(false);
        };
        let dispatch = self.dispatch.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let due = holds::retry(tx, id).await?;
                    tx.on_commit(move || dispatch.wake());
                    Ok(due)
                })
            })
            .await
    }

    async fn resolve(&self, id: &str) -> Result<bool, DatabaseError> {
        let Ok(id) = id.parse::<PaymentId>() else {
            return Ok(false);
        };
        let resolved: Result<bool, DatabaseError> = self.db.write(move |tx| Box::pin(holds::resolve(tx, id))).await;
        if resolved == Ok(true) {
            tracing::info!(payment_id = %id, "authorisation settled by hand");
        }
        resolved
    }
}
