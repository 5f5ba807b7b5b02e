use commerce::{DomainEvent, OrderEvent};
use seam::BoxFuture;
use shared::{Database, DatabaseError, events};

use super::site::MODULE;

/// The database that holds a module's log.
#[derive(Clone, Debug)]
pub struct Store {
    /// The open database.
    pub db: Database,
    /// The URL of `db`.
    pub url: String,
}

/// Makes events durable: all of them in one write or, if `keep` is false, none of them.
pub type Commit = fn(Store, Vec<OrderEvent>, bool) -> BoxFuture<'static, Result<Vec<DomainEvent>, DatabaseError>>;

/// Appends the events in the write of the change that they report, as modules do. The write may fail after the
/// last event.
pub fn with_the_change(
    store: Store,
    events: Vec<OrderEvent>,
    keep: bool,
) -> BoxFuture<'static, Result<Vec<DomainEvent>, DatabaseError>> {
    Box::pin(async move {
        let write = store.db.write(move |tx| {
            Box::pin(async move {
                let mut appended = Vec::new();
                for event in &events {
                    appended.push(events::append(tx, MODULE, event).await?);
                }
                if keep { Ok(appended) } else { Err(DatabaseError::Closed) }
            })
        });
        write.await
    })
}
