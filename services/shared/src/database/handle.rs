use std::{
    fmt, panic,
    sync::{Arc, atomic::Ordering},
};

use futures::future::BoxFuture;
use seam::{original, time::Instant};
use serde::Serialize;
use sqlx::AnyPool;
use tokio::sync::{mpsc, oneshot, watch};
use tokio_util::sync::CancellationToken;

use super::{
    DatabaseError, Engine, Migration, Tx,
    condition::Condition,
    connect,
    engine::Address,
    file::DatabaseFile,
    migrate, schema,
    state::State,
    work::{Job, QueuedWork, WorkResult},
    writer::Writer,
};
use crate::ambient::Ambient;

/// A piece of work and the place where its result arrives.
type Submitted<F, T, E> = (Job<F, T, E>, oneshot::Receiver<WorkResult<T, E>>);

/// Pieces of work that may wait for the writer; the next callers wait for a place in the queue.
const QUEUE: usize = 1024;

/// A module's own database: one writer with group commit, and a few readers.
///
/// A clone is another handle on the same database. The writer ends when the last handle is dropped, or with
/// [`Database::close`].
#[derive(Clone)]
pub struct Database {
    module: Arc<str>,
    engine: Engine,
    queue: mpsc::Sender<Box<dyn QueuedWork>>,
    readers: AnyPool,
    state: Arc<State>,
    address: Arc<Address>,
    file: Option<Arc<DatabaseFile>>,
}

/// Counters of the writer since the database was opened by this process.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Number of transactions made durable.
    pub commits: u64,
    /// Number of successful writes in these transactions.
    pub writes: u64,
}

impl Database {
    /// Opens `url` for `module` and applies the migrations that were not applied yet.
    ///
    /// `{module}` in the URL stands for the module's name. On SQLite the folder and the file are created. Several
    /// processes may open the same database at once. Fails if the address can't be used, if there is no connection,
    /// and if a migration fails or was changed after it was applied.
    pub async fn open(url: &str, module: &str, migrations: &'static [Migration]) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let address = Address::parse(url, module)?;
        address.prepare().await?;
        let begun = Instant::now();
        let mut connection = connect::first(&address).await?;
        let address = address.existing();
        let readers = connect::readers(&address)?;
        migrate::apply(&mut connection, address.engine, "shared", schema::MIGRATIONS).await?;
        migrate::apply(&mut connection, address.engine, module, migrations).await?;
        let file = address.file.as_deref().map(DatabaseFile::at).transpose();
        let file = file.map_err(|error| DatabaseError::Unreachable {
            reason: format!("its file can't be found: {error}"),
        })?;
        let state = Arc::new(State::new());
        state.condition.committed();
        state.condition.inspected(begun, Ok(()));
        let (queue, works) = mpsc::channel(QUEUE);
        let engine = address.engine;
        let tx = Tx::new(connection, engine);
        let writer = Writer::new(address.clone(), file.clone(), works, tx, Arc::clone(&state));
        tokio::spawn(Ambient::current().scope(writer.run()));
        Ok(Self {
            module: module.into(),
            engine,
            queue,
            readers,
            state,
            address: Arc::new(address),
            file: file.map(Arc::new),
        })
    }

    /// Runs `work` in a transaction and returns its result once it is durable, or was rolled back.
    ///
    /// Writes that wait together run one after the other in one transaction with one commit.
    /// - An `Err` of `work` rolls back that work and no other.
    /// - If the commit fails, all of them fail; with [`DatabaseError::OutcomeUnknown`] if it may be durable all the
    ///   same.
    /// - A panic of `work` rolls it back and continues in the caller.
    /// - If the caller stops waiting, the work is done whole or not at all.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        self.submit(Job::new(work)).await
    }

    /// Runs `work` as [`Database::write`] does, without counting it.
    pub(super) async fn probe<F>(&self, work: F) -> Result<(), DatabaseError>
    where
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<(), DatabaseError>> + Send + 'static,
    {
        let (job, answer) = Job::new(work);
        self.submit((job.uncounted(), answer)).await
    }

    async fn submit<T, E, F>(&self, (job, answer): Submitted<F, T, E>) -> Result<T, E>
    where
        Job<F, T, E>: QueuedWork + 'static,
        E: From<DatabaseError>,
    {
        if self.queue.send(Box::new(job)).await.is_err() {
            return Err(DatabaseError::Closed.into());
        }
        match answer.await {
            Ok(WorkResult::Done(outcome, original)) => {
                if let Some(original) = original {
                    original::mark(original);
                }
                outcome
            }
            Ok(WorkResult::Panicked(payload)) => panic::resume_unwind(payload),
            Err(_) => Err(DatabaseError::OutcomeUnknown {
                reason: "the writer stopped during the commit".to_owned(),
            }
            .into()),
        }
    }

    /// Connections that can only read, at most 4, opened when needed. They see committed data.
    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// The engine, for the rare statement that differs between the two.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Name of the module that owns the database.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// Counts the commits and writes so far.
    pub fn stats(&self) -> Stats {
        Stats {
            commits: self.state.commits.load(Ordering::Relaxed),
            writes: self.state.writes.load(Ordering::Relaxed),
        }
    }

    /// Ends the waits for events, with what there is, because the process is going down.
    pub fn quiesce(&self) {
        self.state.quiesced.cancel();
    }

    /// Finishes queued writes, then closes all connections. Later writes fail with [`DatabaseError::Closed`].
    pub async fn close(&self) {
        self.state.quiesced.cancel();
        self.state.closing.cancel();
        self.readers.close().await;
        self.state.closed.cancelled().await;
    }

    pub(super) fn condition(&self) -> &Condition {
        &self.state.condition
    }

    pub(super) fn address(&self) -> &Address {
        &self.address
    }

    pub(super) fn file(&self) -> Option<&DatabaseFile> {
        self.file.as_deref()
    }

    /// Changes with each commit that appended events.
    pub(crate) fn appended(&self) -> watch::Receiver<u64> {
        self.state.appended.subscribe()
    }

    /// Cancelled once the process is going down.
    pub(crate) fn quiesced(&self) -> &CancellationToken {
        &self.state.quiesced
    }
}

impl fmt::Debug for Database {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Database")
            .field("module", &self.module)
            .field("engine", &self.engine)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
