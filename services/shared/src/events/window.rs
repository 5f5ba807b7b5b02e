use std::{
    collections::{BTreeMap, BTreeSet},
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};

use sqlx::Row;
use tokio::time::Instant;

use crate::{Database, DatabaseError, Tx};

/// How far one subscription has come, in memory and in its tables.
///
/// Everything up to the position is done. Beyond it events are worked on at the same time; one that is done before an earlier one leaves a
/// row in the inbox, which goes when the position passes it. In the normal case, one after the other, there are no inbox rows at all.
#[derive(Debug)]
pub(super) struct Window {
    pub(super) name: Arc<str>,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    low: i64,
    stored: i64,
    /// Positions that were read beyond `low`, and whether they are done.
    open: BTreeMap<i64, bool>,
    /// Positions that may have a row in the inbox.
    inbox: BTreeSet<i64>,
    letters: u64,
    trouble: BTreeMap<String, (Instant, String)>,
}

/// What is known of an event when it is about to be recorded.
pub(super) enum Standing {
    /// It may be applied.
    Due,
    /// It was done before.
    Done,
    /// An earlier event of its aggregate is a dead letter.
    Behind,
}

impl Window {
    pub(super) fn new(name: &str) -> Self {
        Self {
            name: name.into(),
            state: Mutex::default(),
        }
    }

    /// Reads position and inbox; gives the position and what is done beyond it.
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
        let mut state = self.state();
        state.low = position;
        state.stored = position;
        state.inbox.clone_from(&inbox);
        drop(state);
        Ok((position, inbox))
    }

    /// The position was read from the feed.
    pub(super) fn opened(&self, position: i64) {
        self.state().open.insert(position, false);
    }

    /// The position is done, durably or because there was nothing to do.
    pub(super) fn done(&self, position: i64) {
        let mut state = self.state();
        if let Some(done) = state.open.get_mut(&position) {
            *done = true;
        }
        while let Some(first) = state.open.first_entry().filter(|first| *first.get()) {
            let position = first.remove_entry().0;
            state.low = position;
        }
    }

    /// Where the event at `position` stands in the tables, which other processes may have written.
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

    /// Writes down that `position` is done: by moving the position if nothing before it is open, else by a row in the inbox.
    pub(super) async fn record(self: &Arc<Self>, tx: &mut Tx, position: i64) -> Result<(), DatabaseError> {
        let also: Vec<i64> = tx.recorded(&self.name).collect();
        let (low, prune) = self.low_with(position, &also);
        if low >= position {
            self.move_to(tx, low, prune).await?;
        } else {
            self.state().inbox.insert(position);
            sqlx::query("INSERT INTO inbox (subscription, position) VALUES ($1, $2) ON CONFLICT DO NOTHING")
                .bind(&*self.name)
                .bind(position)
                .execute(tx.connection())
                .await?;
        }
        tx.note_recorded(Arc::clone(&self.name), position);
        Ok(())
    }

    /// Writes the position down if it has come forward by more than `lag` without a write of a handler.
    pub(super) async fn store(self: &Arc<Self>, db: &Database, lag: i64) -> Result<(), DatabaseError> {
        let (low, stored, prune) = {
            let state = self.state();
            (
                state.low,
                state.stored,
                state.inbox.first().is_some_and(|first| *first <= state.low),
            )
        };
        if low - stored <= lag {
            return Ok(());
        }
        let window = Arc::clone(self);
        db.write(move |tx| Box::pin(async move { window.move_to(tx, low, prune).await }))
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
        let window = Arc::clone(self);
        tx.on_commit(move || {
            let mut state = window.state();
            state.stored = state.stored.max(low);
            state.inbox = state.inbox.split_off(&(low + 1));
        });
        Ok(())
    }

    /// How far the position comes once `position` and `also` are done, and whether inbox rows go then.
    fn low_with(&self, position: i64, also: &[i64]) -> (i64, bool) {
        let state = self.state();
        let mut low = state.low;
        for (open, done) in &state.open {
            if !(*done || *open == position || also.contains(open)) {
                break;
            }
            low = *open;
        }
        (low, state.inbox.first().is_some_and(|first| *first <= low))
    }

    pub(super) fn low(&self) -> i64 {
        self.state().low
    }

    pub(super) fn in_flight(&self) -> u64 {
        self.state().open.len() as u64
    }

    pub(super) fn letters(&self) -> u64 {
        self.state().letters
    }

    pub(super) fn set_letters(&self, letters: u64) {
        self.state().letters = letters;
    }

    /// Something is not available: `what` is the feed, or an event.
    pub(super) fn troubled(&self, what: &str, reason: String) {
        let mut state = self.state();
        let since = state.trouble.get(what).map_or_else(Instant::now, |(since, _)| *since);
        state.trouble.insert(what.to_owned(), (since, reason));
    }

    /// It is available again.
    pub(super) fn untroubled(&self, what: &str) {
        self.state().trouble.remove(what);
    }

    /// The trouble that has lasted longest.
    pub(super) fn trouble(&self) -> Option<String> {
        let state = self.state();
        let (what, (since, reason)) = state.trouble.iter().min_by_key(|(_, (since, _))| *since)?;
        Some(format!("{what}: {reason} (for {} s)", since.elapsed().as_secs()))
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
