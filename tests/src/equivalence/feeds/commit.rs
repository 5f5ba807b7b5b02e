use commerce::{DomainEvent, OrderEvent};
use seam::BoxFuture;
use shared::{Database, DatabaseError, events};

use super::site::MODULE;

/// Where a module's log is kept.
#[derive(Clone, Debug)]
pub struct Store {
    /// Its database.
    pub db: Database,
    /// The address of that.
    pub url: String,
}

/// How a module makes events durable: all of them, in one write, or with `keep` false none of them.
pub type Commit = fn(Store, Vec<OrderEvent>, bool) -> BoxFuture<'static, Result<Vec<DomainEvent>, DatabaseError>>;

/// As modules do it: in the write of the change that they tell of, which may fail after the last of them.
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
