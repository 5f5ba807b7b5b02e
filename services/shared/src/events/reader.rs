use std::{sync::Arc, time::Duration};

use commerce::{Batch, EventFeed, FeedError, RecordedEvent};
use futures::future::BoxFuture;
use seam::time::Instant;
use uuid::Uuid;

use super::{status::Status, watermark::Watermark};
use crate::Backoff;

/// Most events that are read ahead, those under way included.
const OPEN: usize = 256;
/// A read starts only when at least this many events fit, so that reads are few and pages large.
const ROOM: usize = 64;
/// Longest wait of one read for the first event.
const WAIT: Duration = Duration::from_secs(20);

/// Batch of a log that is not followed yet.
pub(super) struct Unplaced {
    batch: Batch,
    /// Position after which it was read.
    after: i64,
}

impl Unplaced {
    pub(super) fn log(&self) -> Uuid {
        self.batch.log
    }
}

/// Result of reading once.
pub(super) enum Read {
    /// Events that were not read before; none after a failed read.
    New(Vec<RecordedEvent>),
    /// The feed shows another log than the one that is followed.
    OtherLog(Unplaced),
}

/// Reads the feed ahead, one read at a time, and keeps count of the events that are not done yet.
pub(super) struct Reader {
    pub(super) feed: Arc<dyn EventFeed>,
    watermark: Arc<Watermark>,
    status: Arc<Status>,
    /// The read under way.
    reading: Option<BoxFuture<'static, Result<Batch, FeedError>>>,
    backoff: Backoff,
    /// The log that is followed, once it is known.
    log: Option<Uuid>,
    /// The last position that was read.
    cursor: i64,
    /// Events that were read and are not done.
    open: usize,
}

impl Reader {
    /// A reader that knows no log yet; [`Reader::follow`] names one.
    pub(super) fn new(feed: Arc<dyn EventFeed>, watermark: Arc<Watermark>, status: Arc<Status>) -> Self {
        Self {
            feed,
            watermark,
            status,
            reading: None,
            backoff: Backoff::new(Duration::from_millis(20), Duration::from_secs(1)),
            log: None,
            cursor: 0,
            open: 0,
        }
    }

    /// Goes on in this log after this position. Nothing that was read before is open any more.
    pub(super) fn follow(&mut self, log: Uuid, position: i64) {
        self.log = Some(log);
        self.cursor = position;
        self.open = 0;
        self.reading = None;
        self.status.untroubled("feed");
    }

    /// The events of a batch that was read before its log was followed; none unless the log goes on just there, as a
    /// new one does at its first event.
    pub(super) fn place(&mut self, unplaced: Unplaced) -> Vec<RecordedEvent> {
        let Unplaced { batch, after } = unplaced;
        if (self.log, self.cursor) == (Some(batch.log), after) {
            self.fresh(batch.events)
        } else {
            Vec::new()
        }
    }

    /// Starts a read if there is room for its events and none is under way.
    pub(super) fn read(&mut self) {
        let room = OPEN.saturating_sub(self.open);
        if self.reading.is_none() && room >= ROOM {
            let feed = Arc::clone(&self.feed);
            let (after, limit) = (self.cursor, u32::try_from(room).unwrap_or(1));
            self.reading = Some(Box::pin(async move { feed.read_events(after, limit, WAIT).await }));
        }
    }

    /// Waits for the read under way and returns what it showed. A failed read is repeated after a pause. Never resolves
    /// while no read is under way.
    ///
    /// It may be dropped at any await: the read goes on, and the next call waits for the same one.
    pub(super) async fn events(&mut self) -> Read {
        let Some(reading) = &mut self.reading else {
            return std::future::pending().await;
        };
        let read = reading.await;
        self.reading = None;
        match read {
            Ok(batch) if self.log != Some(batch.log) => Read::OtherLog(Unplaced {
                batch,
                after: self.cursor,
            }),
            Ok(batch) => {
                self.backoff.reset();
                self.status.untroubled("feed");
                Read::New(self.fresh(batch.events))
            }
            Err(error) => {
                self.read_later(&error);
                Read::New(Vec::new())
            }
        }
    }

    /// Returns the events of a page that were not read before, in the order of their positions. Delivery is at least
    /// once: a page may show events twice, again, or in another order.
    fn fresh(&mut self, mut events: Vec<RecordedEvent>) -> Vec<RecordedEvent> {
        let shown = events.len();
        events.sort_by_key(|event| event.position);
        events.retain(|event| self.take(event.position));
        if events.len() < shown {
            let (subscription, again) = (&self.watermark.name, shown - events.len());
            tracing::debug!(%subscription, again, "feed shows events again, ignored");
        }
        events
    }

    /// Takes a position if it is beyond the last one. Another one was read before: it would be applied out of order,
    /// and move a watermark that only grows.
    fn take(&mut self, position: i64) -> bool {
        if position <= self.cursor {
            return false;
        }
        self.cursor = position;
        self.open += 1;
        self.watermark.opened(position);
        true
    }

    /// Notes that an event of the feed is done, durably or because there was nothing to do.
    pub(super) fn done(&mut self, position: i64) {
        self.open -= 1;
        self.watermark.done(position);
    }

    /// Notes that the feed is of no use now, and reads it again after a pause.
    pub(super) fn read_later(&mut self, error: &FeedError) {
        let subscription = &self.watermark.name;
        if self
            .status
            .troubled("feed", error.to_string(), "the feed can't be read")
        {
            tracing::warn!(%subscription, %error, "feed not readable, will be read again");
        } else {
            tracing::debug!(%subscription, %error, "feed still not readable, will be read again");
        }
        let (feed, after, pause) = (Arc::clone(&self.feed), self.cursor, self.backoff.pause());
        self.reading = Some(Box::pin(async move {
            tokio::time::sleep_until(Instant::now() + pause).await;
            // Does not wait for an event: the answer alone says that the feed is back, and readiness shows it at
            // once.
            let limit = u32::try_from(ROOM).unwrap_or(1);
            feed.read_events(after, limit, Duration::ZERO).await
        }));
    }
}
