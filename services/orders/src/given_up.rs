use commerce::PaymentId;
use shared::{Database, DatabaseError, GivenUp, GivingUp, Worker};

use crate::store::refunds;

/// Refunds that Payments refused for good.
pub(crate) struct GivenUpRefunds {
    pub(crate) db: Database,
    /// Woken when a refund is due again.
    pub(crate) refund_worker: Worker,
}

#[seam::async_trait]
impl GivingUp for GivenUpRefunds {
    fn kind(&self) -> &'static str {
        "refund"
    }

    async fn list(&self) -> Result<Vec<GivenUp>, DatabaseError> {
        refunds::refused(&self.db, self.kind()).await
    }

    async fn retry(&self, id: &str) -> Result<bool, DatabaseError> {
        let Ok(id) = id.parse::<PaymentId>() else {
            return Ok(false);
        };
        let worker = self.refund_worker.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let due = refunds::retry(tx, id).await?;
                    tx.on_commit(move || worker.wake());
                    Ok(due)
                })
            })
            .await
    }

    async fn resolve(&self, id: &str) -> Result<bool, DatabaseError> {
        let Ok(id) = id.parse::<PaymentId>() else {
            return Ok(false);
        };
        let resolved: Result<bool, DatabaseError> = self.db.write(move |tx| Box::pin(refunds::resolve(tx, id))).await;
        if resolved == Ok(true) {
            tracing::info!(payment_id = %id, "refund settled by hand");
        }
        resolved
    }
}
