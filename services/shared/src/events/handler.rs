use super::Delivery;
use crate::DatabaseError;

/// Reaction of a module to the events of another.
#[seam::async_trait]
pub trait Handler: Send + Sync + 'static {
    /// Applies one event, once:
    ///
    /// ```text
    /// db.write(move |tx| Box::pin(async move {
    ///     if !delivery.record(tx).await? { return Ok(()); }   // not to be applied
    ///     ... the effect, in SQL ...
    ///     Ok(())
    /// })).await
    /// ```
    ///
    /// Events of one aggregate are handled one after the other, in order; those of different aggregates
    /// concurrently. For an event that does not matter here, return `Ok` without a write.
    ///
    /// The future may be dropped at any await, as the process may be killed there; the event is then handled again.
    /// It runs in a `seam::Context` with the event's correlation id, and the event as the cause of all that it
    /// does.
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError>;
}

/// Reason why an event was not handled, which decides what becomes of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum HandlerError {
    /// Something that the handler needs is down. Tried again for ever, with growing pauses. Readiness shows the
    /// reason to anybody: name modules, no addresses and no ids.
    #[error("not available: {0}")]
    Unavailable(String),
    /// The attempt failed. Tried 10 times with growing pauses, then the event is a dead letter.
    #[error("failed: {0}")]
    Failed(String),
    /// The event can never be handled. A dead letter at once.
    #[error("can't be handled: {0}")]
    Poison(String),
}

/// The cause is logged here and is not passed on: reasons become part of dead letters, which are shown over HTTP.
impl From<DatabaseError> for HandlerError {
    fn from(error: DatabaseError) -> Self {
        let reason = format!("database: {}", error.for_anybody());
        if error.is_passing() {
            tracing::warn!(%error, "database not available to the handler of an event");
            Self::Unavailable(reason)
        } else {
            tracing::error!(%error, "database work of the handler of an event failed");
            Self::Failed(reason)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_passes_is_waited_for_and_what_does_not_is_a_failed_attempt() {
        let key = "k".to_owned();
        for passing in [DatabaseError::Closed, DatabaseError::ClaimLost { key }] {
            let error = HandlerError::from(passing);
            assert!(matches!(error, HandlerError::Unavailable(_)), "{error:?}");
        }
        let error = HandlerError::from(DatabaseError::corrupt("total", "for the test"));
        assert!(
            matches!(&error, HandlerError::Failed(reason) if !reason.contains("total")),
            "{error:?}"
        );
    }
}
