use std::{fmt, sync::Arc};

use sqlx::AnyConnection;
use uuid::Uuid;

use super::{DatabaseError, Engine};

type Hook = Box<dyn FnOnce() + Send>;

/// One piece of work inside the writer's open transaction, as the closure of
/// [`Database::write`](super::Database::write) gets it. A failure rolls back to where this piece of work began.
///
/// Only SQL belongs here, never network I/O: all other writes of the module wait for it. After a failed statement,
/// return the error: PostgreSQL refuses every further statement of the same work. So write `ON CONFLICT DO NOTHING`
/// and look at the number of rows affected.
///
/// The work runs on the writer's task, but in the caller's `seam::Context`, and its `seam::original` mark reaches the
/// caller.
pub struct Tx {
    connection: AnyConnection,
    engine: Engine,
    appended: bool,
    hooks: Vec<Hook>,
    recorded: Vec<(Arc<str>, Uuid, i64)>,
}

/// Size of a transaction's bookkeeping before a piece of work began, for [`Tx::rewind`].
#[derive(Clone, Copy)]
pub(super) struct Mark {
    hooks: usize,
    recorded: usize,
}

impl Tx {
    pub(super) fn new(connection: AnyConnection, engine: Engine) -> Self {
        Self {
            connection,
            engine,
            appended: false,
            hooks: Vec::new(),
            recorded: Vec::new(),
        }
    }

    /// The connection for queries: `sqlx::query("...").execute(tx.connection())`.
    pub fn connection(&mut self) -> &mut AnyConnection {
        &mut self.connection
    }

    /// The engine, for the rare statement that differs between the two.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Runs `hook` once this work is durable, before its caller gets the result; never if the work is rolled back
    /// or its commit fails. Meant for waking workers: it must not block.
    pub fn on_commit(&mut self, hook: impl FnOnce() + Send + 'static) {
        self.hooks.push(Box::new(hook));
    }

    /// Wakes readers of the event log after the commit.
    pub(crate) fn events_appended(&mut self) {
        self.appended = true;
    }

    /// Positions of the log that earlier work of this transaction has recorded for the subscription.
    pub(crate) fn recorded<'a>(&'a self, subscription: &'a str, log: Uuid) -> impl Iterator<Item = i64> + 'a {
        self.recorded
            .iter()
            .filter(move |(name, of, _)| &**name == subscription && *of == log)
            .map(|(_, _, position)| *position)
    }

    /// Notes that this work has recorded the position. The note is dropped if the work is rolled back.
    pub(crate) fn note_recorded(&mut self, subscription: Arc<str>, log: Uuid, position: i64) {
        self.recorded.push((subscription, log, position));
    }

    pub(super) async fn run(&mut self, statement: &'static str) -> Result<(), DatabaseError> {
        sqlx::raw_sql(statement).execute(&mut self.connection).await?;
        Ok(())
    }

    pub(super) async fn run_raw(&mut self, statement: &'static str) -> Result<(), sqlx::Error> {
        sqlx::raw_sql(statement).execute(&mut self.connection).await.map(|_| ())
    }

    pub(super) fn mark(&self) -> Mark {
        Mark {
            hooks: self.hooks.len(),
            recorded: self.recorded.len(),
        }
    }

    pub(super) fn rewind(&mut self, mark: Mark) {
        self.hooks.truncate(mark.hooks);
        self.recorded.truncate(mark.recorded);
    }

    /// Empties the bookkeeping; returns the hooks to run, and `true` if events were appended.
    pub(super) fn take_effects(&mut self) -> (Vec<Hook>, bool) {
        self.recorded.clear();
        (std::mem::take(&mut self.hooks), std::mem::take(&mut self.appended))
    }

    pub(super) fn into_connection(self) -> AnyConnection {
        self.connection
    }
}

impl fmt::Debug for Tx {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Tx")
            .field("engine", &self.engine)
            .finish_non_exhaustive()
    }
}
