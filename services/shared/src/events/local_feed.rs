use std::{sync::Arc, time::Duration};

use commerce::{Batch, EventFeed, FeedError, Invalid, RecordedEvent};
use seam::time::Instant;
use sqlx::Row;
use tokio::sync::OnceCell;
use uuid::Uuid;

use crate::{Database, DatabaseError, Engine, row};

/// Most events per read.
const MOST: u32 = 1_000;
/// Longest wait for the first event; more is cut to this.
pub(super) const LONGEST_WAIT: Duration = Duration::from_secs(30);
/// Pause between looks at the log on PostgreSQL, where commits of other processes wake nobody here.
const POLL: Duration = Duration::from_millis(200);

/// A module's event log, read from its own database.
#[derive(Clone, Debug)]
pub struct LocalFeed {
    db: Database,
    id: Arc<OnceCell<Uuid>>,
}

impl LocalFeed {
    /// Reads the log of `db`.
    pub fn new(db: &Database) -> Self {
        Self {
            db: db.clone(),
            id: Arc::default(),
        }
    }

    /// Reads the id of the log, once.
    async fn id(&self) -> Result<Uuid, DatabaseError> {
        let read = async || {
            let row = sqlx::query("SELECT id FROM log").fetch_one(self.db.readers()).await?;
            row::parsed(&row, "id")
        };
        self.id.get_or_try_init(read).await.copied()
    }

    async fn read(&self, after: i64, limit: u32) -> Result<Vec<RecordedEvent>, DatabaseError> {
        let rows = sqlx::query("SELECT position, event FROM events WHERE position > $1 ORDER BY position LIMIT $2")
            .bind(after)
            .bind(i64::from(limit))
            .fetch_all(self.db.readers())
            .await?;
        rows.iter()
            .map(|row| {
                Ok(RecordedEvent {
                    position: row.try_get("position")?,
                    event: row::json(row, "event")?,
                })
            })
            .collect()
    }
}

#[seam::async_trait]
impl EventFeed for LocalFeed {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        check(after, limit)?;
        let log = self.id().await.map_err(|error| unreadable(&error))?;
        let until = Instant::now() + wait.min(LONGEST_WAIT);
        let mut appended = self.db.appended();
        loop {
            // Marked before the read: a commit in between ends the wait below at once.
            appended.mark_unchanged();
            let events = self.read(after, limit).await.map_err(|error| unreadable(&error))?;
            let now = Instant::now();
            if !events.is_empty() || now >= until || self.db.quiesced().is_cancelled() {
                return Ok(Batch { log, events });
            }
            let pause = match self.db.engine() {
                Engine::Sqlite => until,
                Engine::Postgres => until.min(now + POLL),
            };
            tokio::select! {
                _ = appended.changed() => {}
                () = self.db.quiesced().cancelled() => {}
                () = tokio::time::sleep_until(pause) => {}
            }
        }
    }
}

/// Checks the arguments of a read.
pub(super) fn check(after: i64, limit: u32) -> Result<(), Invalid> {
    if after < 0 {
        return Err(Invalid::new("after", after, "a position: a whole number from 0"));
    }
    if limit == 0 || limit > MOST {
        return Err(Invalid::new("limit", limit, "1 to 1000"));
    }
    Ok(())
}

fn unreadable(error: &DatabaseError) -> FeedError {
    tracing::error!(%error, "event log can't be read");
    FeedError::Unreadable(error.for_anybody().to_owned())
}
