use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use commerce::RecordedEvent;
use sqlx::Row;
use uuid::Uuid;

use crate::{Database, DatabaseError, Tx, row};

/// Progress of one subscription through the log that it follows, in memory and in the tables `subscriptions` and
/// `inbox`.
///
/// Every event up to the (low) watermark is done. Events beyond it are worked on concurrently; one that is done
/// before an earlier one leaves a row in `inbox`, which is deleted once the watermark passes it. A subscription
/// whose events end in the order of the feed writes no inbox rows.
#[derive(Debug)]
pub(super) struct Watermark {
    /// Name of the subscription.
    pub(super) name: Arc<str>,
    positions: Mutex<Positions>,
}

#[derive(Debug, Default)]
struct Positions {
    log: Uuid,
    low: i64,
    /// The watermark as the database has it; it may lag behind `low`.
    stored: i64,
    /// Positions that were read beyond `low`, and `true` for those that are done.
    open: BTreeMap<i64, bool>,
    /// Positions that may have a row in the inbox. A position too many costs one needless `DELETE`.
    inbox: BTreeSet<i64>,
}

/// Beginning in a log.
pub(super) enum Followed {
    /// The log is followed from here on.
    From {
        position: i64,
        /// Positions beyond `position` that are done.
        done: BTreeSet<i64>,
        /// True if the subscription has followed another log before.
        moved: bool,
    },
    /// The log can't be followed, for this reason.
    Refused(String),
}

/// State of an event in the tables when it is about to be recorded.
pub(super) enum Standing {
    /// The event may be applied.
    Due,
    /// The event was done before.
    Done,
    /// An earlier event of its aggregate is a dead letter.
    Behind,
}

impl Watermark {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            positions: Mutex::default(),
        }
    }

    /// Reads which log was followed last; `None` if none was, or one whose name was not noted then.
    pub(super) async fn followed(&self, db: &Database) -> Result<Option<Uuid>, DatabaseError> {
        let row = sqlx::query("SELECT log FROM subscriptions WHERE name = $1 AND followed = 1 AND log <> ''")
            .bind(&*self.name)
            .fetch_optional(db.readers())
            .await?;
        row.map(|row| row::parsed(&row, "log")).transpose()
    }

    /// Stores that this log is followed from now on. [`Watermark::enter`] has to come next.
    pub(super) async fn follow(&self, db: &Database, log: Uuid) -> Result<Followed, DatabaseError> {
        let name = Arc::clone(&self.name);
        db.write(move |tx| Box::pin(async move { follow(tx, &name, &log.to_string()).await }))
            .await
    }

    /// Begins in the log after `position`, with the positions `done` beyond it, and forgets those of another log.
    pub(super) fn enter(&self, log: Uuid, position: i64, done: &BTreeSet<i64>) {
        *self.positions() = Positions {
            log,
            low: position,
            stored: position,
            open: BTreeMap::new(),
            inbox: done.clone(),
        };
    }

    /// Notes that the position was read from the feed.
    pub(super) fn opened(&self, position: i64) {
        self.positions().open.insert(position, false);
    }

    /// Notes that the position is done, durably or because there was nothing to do, and moves the watermark.
    pub(super) fn done(&self, position: i64) {
        let mut positions = self.positions();
        if let Some(done) = positions.open.get_mut(&position) {
            *done = true;
        }
        while let Some(first) = positions.open.first_entry().filter(|first| *first.get()) {
            let position = first.remove_entry().0;
            positions.low = position;
        }
    }

    /// Reads the state of the event from the tables, which other processes may have written.
    pub(super) async fn standing(
        &self,
        tx: &mut Tx,
        log: Uuid,
        recorded: &RecordedEvent,
    ) -> Result<Standing, DatabaseError> {
        let (position, event) = (recorded.position, &recorded.event);
        let row = sqlx::query(
            "SELECT position,
                (SELECT COUNT(*) FROM inbox WHERE subscription = $1 AND log = $2 AND position = $3) AS done,
                (SELECT COUNT(*) FROM dead_letters
                    WHERE subscription = $1 AND aggregate_id = $4 AND version < $5) AS before
             FROM subscriptions WHERE name = $1 AND log = $2",
        )
        .bind(&*self.name)
        .bind(log.to_string())
        .bind(position)
        .bind(&event.aggregate_id)
        .bind(event.version)
        .fetch_one(tx.connection())
        .await?;
        if row.try_get::<i64, _>("position")? >= position || row.try_get::<i64, _>("done")? > 0 {
            return Ok(Standing::Done);
        }
        Ok(if row.try_get::<i64, _>("before")? > 0 {
            Standing::Behind
        } else {
            Standing::Due
        })
    }

    /// Writes that `position` of this log is done: moves the watermark if nothing before it is open, else inserts a row
    /// in the inbox. Nothing if the log is no longer followed: its event is known by its version.
    pub(super) async fn record(self: &Arc<Self>, tx: &mut Tx, log: Uuid, position: i64) -> Result<(), DatabaseError> {
        if self.positions().log != log {
            return Ok(());
        }
        // Earlier work of this transaction counts as done although `done` is called for it only after the commit:
        // if the transaction fails, this update goes with it.
        let earlier: Vec<i64> = tx.recorded(&self.name, log).collect();
        let (low, prune) = self.low_with(position, &earlier);
        if low >= position {
            self.move_to(tx, log, low, prune).await?;
        } else {
            self.positions().inbox.insert(position);
            sqlx::query("INSERT INTO inbox (subscription, log, position) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
                .bind(&*self.name)
                .bind(log.to_string())
                .bind(position)
                .execute(tx.connection())
                .await?;
        }
        tx.note_recorded(Arc::clone(&self.name), log, position);
        Ok(())
    }

    /// Stores the watermark if it is more than `lag` positions ahead of the stored one. Handlers that had nothing
    /// to write move it without a commit.
    pub(super) async fn store(self: &Arc<Self>, db: &Database, lag: i64) -> Result<(), DatabaseError> {
        let (log, low, stored, prune) = {
            let positions = self.positions();
            (
                positions.log,
                positions.low,
                positions.stored,
                positions.has_inbox_up_to(positions.low),
            )
        };
        if low - stored <= lag {
            return Ok(());
        }
        let watermark = Arc::clone(self);
        db.write(move |tx| Box::pin(async move { watermark.move_to(tx, log, low, prune).await }))
            .await
    }

    async fn move_to(self: &Arc<Self>, tx: &mut Tx, log: Uuid, low: i64, prune: bool) -> Result<(), DatabaseError> {
        sqlx::query("UPDATE subscriptions SET position = $3 WHERE name = $1 AND log = $2 AND position < $3")
            .bind(&*self.name)
            .bind(log.to_string())
            .bind(low)
            .execute(tx.connection())
            .await?;
        if prune {
            sqlx::query("DELETE FROM inbox WHERE subscription = $1 AND log = $2 AND position <= $3")
                .bind(&*self.name)
                .bind(log.to_string())
                .bind(low)
                .execute(tx.connection())
                .await?;
        }
        // Only after the commit: a transaction that is rolled back has stored nothing.
        let watermark = Arc::clone(self);
        tx.on_commit(move || {
            let mut positions = watermark.positions();
            if positions.log == log {
                positions.stored = positions.stored.max(low);
                positions.inbox = positions.inbox.split_off(&(low + 1));
            }
        });
        Ok(())
    }

    /// The watermark once `position` and the positions `earlier` are done, and `true` if it passes inbox rows.
    fn low_with(&self, position: i64, earlier: &[i64]) -> (i64, bool) {
        let positions = self.positions();
        let mut low = positions.low;
        for (open, done) in &positions.open {
            if !(*done || *open == position || earlier.contains(open)) {
                break;
            }
            low = *open;
        }
        (low, positions.has_inbox_up_to(low))
    }

    pub(super) fn low(&self) -> i64 {
        self.positions().low
    }

    /// Counts the events that were read beyond the watermark.
    pub(super) fn in_flight(&self) -> u64 {
        self.positions().open.len() as u64
    }

    fn positions(&self) -> MutexGuard<'_, Positions> {
        self.positions.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Positions {
    fn has_inbox_up_to(&self, low: i64) -> bool {
        self.inbox.first().is_some_and(|first| *first <= low)
    }
}

async fn follow(tx: &mut Tx, name: &str, log: &str) -> Result<Followed, DatabaseError> {
    // What was done before logs had names was done in the one that is read next.
    for named in [
        "UPDATE subscriptions SET log = $2 WHERE name = $1 AND log = ''",
        "UPDATE inbox SET log = $2 WHERE subscription = $1 AND log = ''",
        "UPDATE dead_letters SET log = $2 WHERE subscription = $1 AND log = ''",
    ] {
        sqlx::query(named).bind(name).bind(log).execute(tx.connection()).await?;
    }
    let other = sqlx::query(
        "SELECT COUNT(*) AS others, COALESCE(MIN(versioned), 1) AS versioned FROM subscriptions
         WHERE name = $1 AND log <> $2",
    )
    .bind(name)
    .bind(log)
    .fetch_one(tx.connection())
    .await?;
    if other.try_get::<i64, _>("versioned")? == 0 {
        return Ok(Followed::Refused(format!(
            "{name} has events of another log that it handled without a note of their versions, so it would handle \
             them again in the log {log}: let it read the log that it has read until now"
        )));
    }
    for current in [
        "INSERT INTO subscriptions (name, log, position, followed, versioned) VALUES ($1, $2, 0, 1, 1)
         ON CONFLICT DO NOTHING",
        "UPDATE subscriptions SET followed = CASE WHEN log = $2 THEN 1 ELSE 0 END WHERE name = $1",
    ] {
        sqlx::query(current)
            .bind(name)
            .bind(log)
            .execute(tx.connection())
            .await?;
    }
    let position: i64 = sqlx::query("SELECT position FROM subscriptions WHERE name = $1 AND log = $2")
        .bind(name)
        .bind(log)
        .fetch_one(tx.connection())
        .await?
        .try_get(0)?;
    let rows = sqlx::query("SELECT position FROM inbox WHERE subscription = $1 AND log = $2 AND position > $3")
        .bind(name)
        .bind(log)
        .bind(position)
        .fetch_all(tx.connection())
        .await?;
    let done: Result<BTreeSet<i64>, _> = rows.iter().map(|row| row.try_get(0)).collect();
    Ok(Followed::From {
        position,
        done: done?,
        moved: other.try_get::<i64, _>("others")? > 0,
    })
}
