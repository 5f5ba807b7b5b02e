use std::sync::Arc;

use commerce::EventFeed;
use serde::Serialize;
use tokio::sync::mpsc;
use uuid::Uuid;

use super::{
    DeadLetter, Handler, dead_letters,
    processor::Processor,
    pump::{Pump, Retry},
    status::Status,
    watermark::Watermark,
};
use crate::{Database, DatabaseError, Tasks};

/// Reads a feed and hands each event to a handler: in order within an aggregate, up to 64 aggregates at the same
/// time.
#[derive(Debug)]
pub struct Subscription;

impl Subscription {
    /// Starts to read after the last event that was done.
    ///
    /// A feed that shows another log than before is read from where this subscription left that log, or from its
    /// first event. What was applied from the other log is not applied again, by the versions of the aggregates: so
    /// the module behind the feed may move, with its events, to another database and back. The log that is left must
    /// not have events that the other one lacks.
    ///
    /// `name` is `consumer.source`, such as `payments.orders`. The progress is kept under it in the consumer's
    /// database, so it must never change: under another name, every event of the feed is handled again.
    pub fn start(
        name: &str,
        feed: Arc<dyn EventFeed>,
        db: &Database,
        handler: Arc<dyn Handler>,
        tasks: &Tasks,
    ) -> SubscriptionHandle {
        let (watermark, status) = (Arc::new(Watermark::new(name)), Arc::new(Status::default()));
        let (retry, retries) = mpsc::channel(64);
        let processor = Processor {
            db: db.clone(),
            handler,
            tasks: tasks.clone(),
            watermark: Arc::clone(&watermark),
            status: Arc::clone(&status),
            log: Uuid::nil(),
        };
        tasks.spawn(
            format!("subscription {name}"),
            Pump::new(processor, feed, retries).run(),
        );
        SubscriptionHandle {
            watermark,
            status,
            db: db.clone(),
            retry,
        }
    }
}

/// Handle on a running subscription of this process. A clone is another handle on the same one.
#[derive(Clone, Debug)]
pub struct SubscriptionHandle {
    watermark: Arc<Watermark>,
    status: Arc<Status>,
    db: Database,
    retry: mpsc::Sender<Retry>,
}

/// Progress of a subscription through its feed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, utoipa::ToSchema)]
pub struct Progress {
    /// Name of the subscription.
    pub name: String,
    /// The watermark: every event up to this position is done, or is a dead letter.
    pub position: i64,
    /// Number of events beyond the position that are being worked on, or were done out of order.
    pub in_flight: u64,
    /// Number of dead letters and of events parked behind them.
    pub dead_letters: u64,
}

impl SubscriptionHandle {
    /// The subscription's name.
    pub fn name(&self) -> &str {
        &self.watermark.name
    }

    /// Succeeds if the subscription makes progress. Fails, with the reason and since when, while the feed or
    /// something that a handler needs is not available.
    pub fn check(&self) -> Result<(), String> {
        self.status.trouble().map_or(Ok(()), Err)
    }

    /// Succeeds and fails as [`SubscriptionHandle::check`] does, with a reason that anybody may read. The log has the
    /// details.
    pub fn readiness(&self) -> Result<(), String> {
        self.status.trouble_for_anybody().map_or(Ok(()), Err)
    }

    /// The progress as this process knows it.
    pub fn progress(&self) -> Progress {
        Progress {
            name: self.name().to_owned(),
            position: self.watermark.low(),
            in_flight: self.watermark.in_flight(),
            dead_letters: self.status.letters(),
        }
    }

    /// Lists dead letters and the events parked behind them, in the order of the feed, at most 1,000.
    pub async fn dead_letters(&self) -> Result<Vec<DeadLetter>, DatabaseError> {
        dead_letters::list(&self.db, self.name()).await
    }

    /// Asks for the dead letters of the event's aggregate to be tried again, oldest first, then those parked behind
    /// them.
    ///
    /// Returns before that is done; `false` if the event is not a dead letter of this subscription.
    pub async fn retry(&self, event_id: Uuid) -> Result<bool, DatabaseError> {
        if dead_letters::find(&self.db, self.name(), Uuid::nil(), event_id)
            .await?
            .is_none()
        {
            return Ok(false);
        }
        self.retry.send(event_id).await.map_err(|_| DatabaseError::Closed)?;
        Ok(true)
    }
}
