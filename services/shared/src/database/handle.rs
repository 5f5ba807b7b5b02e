use std::{
    fmt, panic,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering},
    },
};

use futures::future::BoxFuture;
use seam::replay;
use serde::Serialize;
use sqlx::AnyPool;
use tokio::sync::{mpsc, watch};
use tokio_util::sync::CancellationToken;

use super::{
    DatabaseError, Engine, Migration, Tx, connect,
    engine::Address,
    migrate,
    work::{Answer, Job, Work},
    writer::Writer,
};

/// Works that may wait for the writer before their callers wait for a place.
const QUEUE: usize = 1024;

/// A module's own database: one writer with group commit, a few readers.
///
/// A clone is another handle on the same one. The writer ends when the last handle is dropped, or with [`Database::close`].
#[derive(Clone)]
pub struct Database {
    module: Arc<str>,
    engine: Engine,
    queue: mpsc::Sender<Box<dyn Work>>,
    readers: AnyPool,
    shared: Arc<Shared>,
}

/// What the writer and the handles both see.
pub(super) struct Shared {
    pub(super) commits: AtomicU64,
    pub(super) writes: AtomicU64,
    pub(super) appended: watch::Sender<u64>,
    pub(super) quiesced: CancellationToken,
    pub(super) closing: CancellationToken,
    pub(super) closed: CancellationToken,
}

/// What the writer has done since it was opened.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
pub struct Stats {
    /// Transactions made durable.
    pub commits: u64,
    /// Works in them.
    pub writes: u64,
}

impl Database {
    /// Opens `url` for `module`, creates what is missing and applies the migrations that were not applied yet.
    ///
    /// `{module}` in the url stands for the module's name. On SQLite the folder and file are created. Two processes may open at
    /// once. Fails on an address that can't be used, on no connection, and on a migration that fails or was changed after it was applied.
    pub async fn open(url: &str, module: &str, migrations: &'static [Migration]) -> Result<Self, DatabaseError> {
        sqlx::any::install_default_drivers();
        let address = Address::parse(url, module)?;
        address.prepare().await?;
        let readers = connect::readers(&address)?;
        let mut connection = connect::writer(&address).await?;
        migrate::apply(&mut connection, address.engine, "shared", crate::schema::MIGRATIONS).await?;
        migrate::apply(&mut connection, address.engine, module, migrations).await?;
        let shared = Arc::new(Shared {
            commits: AtomicU64::new(0),
            writes: AtomicU64::new(0),
            appended: watch::Sender::new(0),
            quiesced: CancellationToken::new(),
            closing: CancellationToken::new(),
            closed: CancellationToken::new(),
        });
        let (queue, works) = mpsc::channel(QUEUE);
        let engine = address.engine;
        let tx = Tx::new(connection, engine);
        tokio::spawn(Writer::new(address, works, tx, Arc::clone(&shared)).run());
        Ok(Self {
            module: module.into(),
            engine,
            queue,
            readers,
            shared,
        })
    }

    /// Runs `work` in a transaction and answers once it is durable, or was rolled back.
    ///
    /// Works that wait together run one after the other in one transaction with one commit; an `Err` undoes its own work and nobody
    /// else's. If the commit fails, every one of them hears it ([`DatabaseError::OutcomeUnknown`] if it may be durable all the same).
    /// A panic of the work undoes it and goes on in the caller. If the caller stops waiting, the work is done whole or not at all.
    pub async fn write<T, E, F>(&self, work: F) -> Result<T, E>
    where
        F: for<'c> FnOnce(&'c mut Tx) -> BoxFuture<'c, Result<T, E>> + Send + 'static,
        T: Send + 'static,
        E: From<DatabaseError> + Send + 'static,
    {
        let (job, answer) = Job::new(work);
        if self.queue.send(Box::new(job)).await.is_err() {
            return Err(DatabaseError::Closed.into());
        }
        match answer.await {
            Ok(Answer::Done(outcome, original)) => {
                if let Some(original) = original {
                    replay::mark(original);
                }
                outcome
            }
            Ok(Answer::Panicked(payload)) => panic::resume_unwind(payload),
            Err(_) => Err(DatabaseError::OutcomeUnknown {
                reason: "the writer stopped in the middle".to_owned(),
            }
            .into()),
        }
    }

    /// Connections that can only read: at most 4, opened when needed. They see what is committed.
    pub fn readers(&self) -> &AnyPool {
        &self.readers
    }

    /// Which engine this is, for the rare statement that differs.
    pub fn engine(&self) -> Engine {
        self.engine
    }

    /// Whose database this is.
    pub fn module(&self) -> &str {
        &self.module
    }

    /// What the writer has done since it was opened.
    pub fn stats(&self) -> Stats {
        Stats {
            commits: self.shared.commits.load(Ordering::Relaxed),
            writes: self.shared.writes.load(Ordering::Relaxed),
        }
    }

    /// Answers if a reader can reach the database.
    pub async fn ping(&self) -> Result<(), DatabaseError> {
        sqlx::query("SELECT 1").execute(&self.readers).await?;
        Ok(())
    }

    /// Wakes whoever waits for events, with what there is: the process is going down.
    pub fn quiesce(&self) {
        self.shared.quiesced.cancel();
    }

    /// Does what is queued, then closes all connections. Later works get [`DatabaseError::Closed`].
    pub async fn close(&self) {
        self.shared.quiesced.cancel();
        self.shared.closing.cancel();
        self.readers.close().await;
        self.shared.closed.cancelled().await;
    }

    /// Changes with each commit that appended events.
    pub(crate) fn appended(&self) -> watch::Receiver<u64> {
        self.shared.appended.subscribe()
    }

    /// Done once the process is going down.
    pub(crate) fn quiesced(&self) -> &CancellationToken {
        &self.shared.quiesced
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
