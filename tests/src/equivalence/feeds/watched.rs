use std::{
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    time::Duration,
};

use commerce::{Batch, EventFeed, FeedError, RecordedEvent};

use super::Site;

/// A read that succeeded.
#[derive(Clone, Debug)]
pub(super) struct Read {
    pub(super) after: i64,
    pub(super) limit: u32,
    pub(super) wait: Duration,
    /// Position up to which everything was durable and confirmed when the read began.
    pub(super) committed: i64,
    pub(super) shown: Vec<RecordedEvent>,
}

/// All reads of one consumer, over all its lives.
#[derive(Debug, Default)]
pub(super) struct Reads(Mutex<Vec<Read>>);

impl Reads {
    pub(super) fn all(&self) -> MutexGuard<'_, Vec<Read>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Records every read of a feed, and keeps its batches small.
pub(super) struct Watched {
    pub(super) feed: Arc<dyn EventFeed>,
    pub(super) site: Arc<Site>,
    pub(super) batch: u32,
    pub(super) reads: Arc<Reads>,
}

#[seam::async_trait]
impl EventFeed for Watched {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let limit = limit.min(self.batch);
        let committed = self.site.committed();
        let shown = self.feed.read_events(after, limit, wait).await?;
        self.reads.all().push(Read {
            after,
            limit,
            wait,
            committed,
            shown: shown.events.clone(),
        });
        Ok(shown)
    }
}
