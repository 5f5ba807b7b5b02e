use std::{
    fmt,
    sync::{Mutex, PoisonError},
    time::Duration,
};

use commerce::{Batch, EventFeed, FeedError};
use seam::time::Instant;

use super::{Broker, session::Session};
use crate::events::local_feed::{LONGEST_WAIT, check};

/// A module's event log, read from its stream on a broker.
///
/// Reads are by position, as those of every feed, and the broker keeps nothing of them: the reader's database alone
/// says how far it has come. A read that goes on where the last one ended takes one question, any other has to find
/// its place first.
pub struct NatsFeed {
    broker: Broker,
    module: String,
    /// The session of the last read, unless one is under way.
    session: Mutex<Option<Session>>,
}

impl NatsFeed {
    /// Reads the log of `module` from the broker.
    pub fn new(broker: Broker, module: &str) -> Self {
        Self {
            broker,
            module: module.to_owned(),
            session: Mutex::default(),
        }
    }

    async fn read(&self, after: i64, limit: usize, wait: Duration) -> Result<Batch, String> {
        let until = Instant::now() + wait;
        if let Some(session) = self.kept(after) {
            match self.read_in(session, limit, until).await {
                Ok(batch) => return Ok(batch),
                Err(reason) => tracing::debug!(module = %self.module, %reason, "stream is read again from its place"),
            }
        }
        let session = Session::open(&self.broker, &self.module, after).await?;
        self.read_in(session, limit, until).await
    }

    async fn read_in(&self, mut session: Session, limit: usize, until: Instant) -> Result<Batch, String> {
        let mut events = session.there(limit).await?;
        while events.is_empty() {
            let wait = until.saturating_duration_since(Instant::now());
            // Less than the broker takes for a time.
            if wait < Duration::from_millis(1) {
                break;
            }
            events = session.next(wait).await?;
            if !events.is_empty() && limit > 1 {
                events.extend(session.there(limit - 1).await?);
            }
        }
        let log = session.log();
        let other = self
            .session
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .replace(session);
        if let Some(other) = other {
            other.close();
        }
        Ok(Batch { log, events })
    }

    /// Takes the last session if it goes on there.
    fn kept(&self, after: i64) -> Option<Session> {
        let mut kept = self.session.lock().unwrap_or_else(PoisonError::into_inner);
        kept.take_if(|session| session.at() == after)
    }
}

#[seam::async_trait]
impl EventFeed for NatsFeed {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        check(after, limit)?;
        let limit = usize::try_from(limit).unwrap_or(usize::MAX);
        let read = self.read(after, limit, wait.min(LONGEST_WAIT)).await;
        read.map_err(FeedError::Unreadable)
    }
}

impl fmt::Debug for NatsFeed {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("NatsFeed")
            .field("broker", &self.broker)
            .field("module", &self.module)
            .finish_non_exhaustive()
    }
}
