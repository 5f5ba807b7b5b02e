use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::Row;

use crate::{Database, DatabaseError, Tx};

/// Progress of one subscription through its feed, in memory and in the tables `subscriptions` and `inbox`.
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
    low: i64,
    /// The watermark as the database has it; it may lag behind `low`.
    stored: i64,
    /// Positions that were read beyond `low`, and `true` for those that are done.
    open: BTreeMap<i64, bool>,
    /// Positions that may have a row in the inbox. A position too many costs one needless `DELETE`.
    inbox: BTreeSet<i64>,
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

    /// Reads the watermark and the inbox; returns the watermark and the positions that are done beyond it.
    pub(super) async fn load(&self, db: &Database) -> Result<(i64, BTreeSet<i64>), DatabaseError> {
        let name = Arc::clone(&self.name);
        let (position, inbox) = db
            .write(move |tx| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO subscriptions (name, position) VALUES ($1, 0) ON CONFLICT DO NOTHING")
                        .bind(&*name)
                        .execute(tx.connection())
                        .await?;
                    let position: i64 = sqlx::query("SELECT position FROM subscriptions WHERE name = $1")
                        .bind(&*name)
                        .fetch_one(tx.connection())
                        .await?
                        .try_get(0)?;
                    let rows = sqlx::query("SELECT position FROM inbox WHERE subscription = $1 AND position > $2")
                        .bind(&*name)
                        .bind(position)
                        .fetch_all(tx.connection())
                        .await?;
                    let inbox = rows
                        .iter()
                        .map(|row| row.try_get(0))
                        .collect::<Result<BTreeSet<i64>, _>>()?;
                    Ok::<_, DatabaseError>((position, inbox))
                })
            })
            .await?;
        let mut positions = self.positions();
        positions.low = position;
        positions.stored = position;
        positions.inbox.clone_from(&inbox);
        drop(positions);
        Ok((position, inbox))
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

    /// Reads the state of the event at `position` from the tables, which other processes may have written.
    pub(super) async fn standing(
        &self,
        tx: &mut Tx,
        position: i64,
        aggregate: &str,
    ) -> Result<Standing, DatabaseError> {
        let row = sqlx::query(
            "SELECT position,
                (SELECT COUNT(*) FROM inbox WHERE subscription = $1 AND position = $2) AS done,
                (SELECT COUNT(*) FROM dead_letters
                    WHERE subscription = $1 AND aggregate_id = $3 AND position < $2) AS before
             FROM subscriptions WHERE name = $1",
        )
        .bind(&*self.name)
        .bind(position)
        .bind(aggregate)
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

    /// Writes that `position` is done: moves the watermark if nothing before it is open, else inserts a row in the
    /// inbox.
    pub(super) async fn record(self: &Arc<Self>, tx: &mut Tx, position: i64) -> Result<(), DatabaseError> {
        // Earlier work of this transaction counts as done although `done` is called for it only after the commit:
        // if the transaction fails, this update goes with it.
        let earlier: Vec<i64> = tx.recorded(&self.name).collect();
        let (low, prune) = self.low_with(position, &earlier);
        if low >= position {
            self.move_to(tx, low, prune).await?;
        } else {
            self.positions().inbox.insert(position);
            sqlx::query("INSERT INTO inbox (subscription, position) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(&*self.name)
                .bind(position)
                .execute(tx.connection())
                .await?;
        }
        tx.note_recorded(Arc::clone(&self.name), position);
        Ok(())
    }

    /// Stores the watermark if it is more than `lag` positions ahead of the stored one. Handlers that had nothing
    /// to write move it without a commit.
    pub(super) async fn store(self: &Arc<Self>, db: &Database, lag: i64) -> Result<(), DatabaseError> {
        let (low, stored, prune) = {
            let positions = self.positions();
            (
                positions.low,
                positions.stored,
                positions.has_inbox_up_to(positions.low),
            )
        };
        if low - stored <= lag {
            return Ok(());
        }
        let watermark = Arc::clone(self);
        db.write(move |tx| Box::pin(async move { watermark.move_to(tx, low, prune).await }))
            .await
    }

    async fn move_to(self: &Arc<Self>, tx: &mut Tx, low: i64, prune: bool) -> Result<(), DatabaseError> {
        sqlx::query("UPDATE subscriptions SET position = $2 WHERE name = $1 AND position < $2")
            .bind(&*self.name)
            .bind(low)
            .execute(tx.connection())
            .await?;
        if prune {
            sqlx::query("DELETE FROM inbox WHERE subscription = $1 AND position <= $2")
                .bind(&*self.name)
                .bind(low)
                .execute(tx.connection())
                .await?;
        }
        // Only after the commit: a transaction that is rolled back has stored nothing.
        let watermark = Arc::clone(self);
        tx.on_commit(move || {
            let mut positions = watermark.positions();
            positions.stored = positions.stored.max(low);
            positions.inbox = positions.inbox.split_off(&(low + 1));
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
