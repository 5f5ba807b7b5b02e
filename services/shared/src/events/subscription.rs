use std::sync::Arc;

use commerce::EventFeed;
use serde::Serialize;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    DeadLetter, Handler,
    attempt::Desk,
    dead_letters,
    pump::{Pump, Retry},
    window::Window,
};
use crate::{Database, DatabaseError, Tasks};

/// Reads a feed and hands each event to a handler: in order within an aggregate, up to 64 aggregates at the same time.
#[derive(Debug)]
pub struct Subscription;

impl Subscription {
    /// Starts reading where it left off. `name` is `consumer.source`, such as `payments.orders`, and never changes: the position is
    /// kept under it, in the consumer's database.
    pub fn start(
        name: &str,
        feed: Arc<dyn EventFeed>,
        db: &Database,
        handler: Arc<dyn Handler>,
        tasks: &Tasks,
    ) -> SubscriptionHandle {
        let window = Arc::new(Window::new(name));
        let (retry, retries) = mpsc::channel(64);
        let desk = Desk {
            db: db.clone(),
            handler,
            tasks: tasks.clone(),
            window: Arc::clone(&window),
        };
        tasks.spawn(format!("subscription {name}"), Pump::new(desk, feed, retries).run());
        SubscriptionHandle {
            window,
            db: db.clone(),
            retry,
        }
    }
}

/// What a process knows of its running subscription.
#[derive(Clone, Debug)]
pub struct SubscriptionHandle {
    window: Arc<Window>,
    db: Database,
    retry: mpsc::Sender<Retry>,
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

    /// Whether it comes forward: fails, with the reason, while the feed or something a handler needs is not available.
    pub fn check(&self) -> Result<(), String> {
        self.window.trouble().map_or(Ok(()), Err)
    }

    /// How far it has come.
    pub fn progress(&self) -> Progress {
        Progress {
            name: self.name().to_owned(),
            position: self.window.low(),
            in_flight: self.window.in_flight(),
            dead_letters: self.window.letters(),
        }
    }

    /// Dead letters and what is parked behind them, in the order of the feed, at most 1,000.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, DatabaseError> {
        dead_letters::list(&self.db, self.name()).await
    }

    /// Tries the dead letters of the event's aggregate again, oldest first, then what is parked behind them; answers before that is
    /// done. `false`: there is no such dead letter.
    pub async fn retry(&self, event_id: Uuid) -> Result<bool, DatabaseError> {
        if dead_letters::find(&self.db, self.name(), event_id).await?.is_none() {
            return Ok(false);
        }
        self.retry.send(event_id).await.map_err(|_| DatabaseError::Closed)?;
        Ok(true)
    }
}
