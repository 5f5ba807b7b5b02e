use super::Delivery;
use crate::DatabaseError;

/// What a module does with the events of another.
#[seam::async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Does what follows from one event, once:
    ///
    /// ```text
    /// db.write(move |tx| Box::pin(async move {
    ///     if !delivery.record(tx).await? { return Ok(()); }   // done before
    ///     ... the effect, in SQL ...
    ///     Ok(())
    /// })).await
    /// ```
    ///
    /// Events of one aggregate come one after the other, in order; those of different aggregates at the same time. An event that means nothing
    /// here is answered with `Ok` and no write. It may be dropped at any await (the process may be killed there too) and is then handled again.
    ///
    /// It runs in a `seam::Context` that carries the event's correlation id, with the event as the cause of what it does.
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError>;
}

/// Why an event was not handled.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// Something it needs is down: tried again for ever, with growing pauses; readiness shows it.
    #[error("not available: {0}")]
    Unavailable(String),
    /// It went wrong: tried 10 times with growing pauses, then it is a dead letter.
    #[error("failed: {0}")]
    Failed(String),
    /// It can never be handled: a dead letter at once.
    #[error("can't be handled: {0}")]
    Poison(String),
}

impl From<DatabaseError> for HandlerError {
    fn from(error: DatabaseError) -> Self {
        if error.is_passing() {
            Self::Unavailable(error.to_string())
        } else {
            Self::Failed(error.to_string())
        }
    }
}
