use std::sync::{Arc, atomic::Ordering};

use tokio::sync::mpsc;

use super::{
    DatabaseError, Engine, Tx, connect,
    engine::Address,
    file::DatabaseFile,
    state::State,
    work::{Disposition, QueuedWork},
};

/// Most pieces of work that share one commit.
const GROUP: usize = 128;

/// Opening of a transaction on PostgreSQL, where processes that write to one schema have to take turns by a lock;
/// SQLite has one of its own.
///
/// Event positions are taken before the commit. With the lock held until then, their order is that of the commits,
/// and a reader that has seen one never meets a smaller new one. Finer locks were tried: writes that share a
/// transaction take them in any order, and two processes soon wait for each other.
const ONE_WRITER: &str = "BEGIN; SELECT pg_advisory_xact_lock(hashtext('writer'), hashtext(current_schema()));
    SAVEPOINT work";

/// The savepoint of the open transaction, which moves from one piece of work to the next.
///
/// The first work needs none on SQLite: nothing stands before it, so a plain rollback undoes only it. On PostgreSQL
/// it has one, since only the release of a savepoint notices a work that went on after a failed statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Savepoint {
    None,
    /// Set, and nothing was done since.
    Fresh,
    /// Set, and a work that is to be kept was done since.
    Used,
}

/// Owner of the one connection that writes. Commits together the work that waits together.
pub(super) struct Writer {
    address: Address,
    file: Option<DatabaseFile>,
    queue: mpsc::Receiver<Box<dyn QueuedWork>>,
    tx: Option<Tx>,
    savepoint: Savepoint,
    state: Arc<State>,
}

impl Writer {
    pub(super) fn new(
        address: Address,
        file: Option<DatabaseFile>,
        queue: mpsc::Receiver<Box<dyn QueuedWork>>,
        tx: Tx,
        state: Arc<State>,
    ) -> Self {
        Self {
            address,
            file,
            queue,
            tx: Some(tx),
            savepoint: Savepoint::None,
            state,
        }
    }

    /// Runs until every handle is gone or the database is closed; work that is queued by then is still done.
    pub(super) async fn run(mut self) {
        loop {
            let first = tokio::select! {
                biased;
                first = self.queue.recv() => first,
                () = self.state.closing.cancelled() => {
                    self.queue.close();
                    self.queue.recv().await
                }
            };
            let Some(first) = first else { break };
            self.group(first).await;
        }
        if let Some(tx) = self.tx {
            // The last connection's close folds the write-ahead log back into the file.
            if let Err(error) = sqlx::Connection::close(tx.into_connection()).await {
                tracing::warn!(%error, "writer connection did not close cleanly");
            }
        }
        self.state.closed.cancel();
    }

    /// Runs `first` and the work that waits behind it in one transaction, commits once, and answers all callers.
    async fn group(&mut self, first: Box<dyn QueuedWork>) {
        let mut done: Vec<Box<dyn QueuedWork>> = Vec::new();
        let (mut kept, mut counted) = (0_u64, 0_u64);
        let mut next = Some(first);
        while let Some(mut work) = next.take() {
            if !work.is_abandoned() {
                let disposition = self.one(&mut *work, kept == 0).await;
                let counts = u64::from(work.counts());
                done.push(work);
                if !matches!(disposition, Ok(Disposition::Keep)) {
                    self.state.condition.doubted();
                }
                match disposition {
                    Ok(Disposition::Keep) => {
                        kept += 1;
                        counted += counts;
                    }
                    // Nothing stands before it, so it has seen only durable data and its caller need not wait.
                    Ok(Disposition::Discard) if kept == 0 => settle(std::mem::take(&mut done), None),
                    // Its error may come from data of an earlier work of this transaction, so it waits for the
                    // commit too.
                    Ok(Disposition::Discard) => {}
                    Err(failure) => {
                        self.tx = None;
                        return settle(done, Some(&failure));
                    }
                }
            }
            if done.len() < GROUP {
                next = self.queue.try_recv().ok();
            }
        }
        if kept == 0 {
            return;
        }
        match self.commit().await {
            Ok(()) => {
                self.state.condition.committed();
                if counted > 0 {
                    self.state.commits.fetch_add(1, Ordering::Relaxed);
                }
                self.state.writes.fetch_add(counted, Ordering::Relaxed);
                settle(done, None);
            }
            Err(failure) => {
                self.state.condition.doubted();
                self.tx = None;
                settle(done, Some(&failure));
            }
        }
    }

    /// Runs one work behind a savepoint, and rolls back to it if the work fails.
    async fn one(&mut self, work: &mut dyn QueuedWork, is_first: bool) -> Result<Disposition, DatabaseError> {
        if is_first {
            self.begin().await?;
        }
        let Some(tx) = self.tx.as_mut() else {
            return Err(DatabaseError::Closed);
        };
        match self.savepoint {
            Savepoint::None if is_first => {}
            Savepoint::None => tx.run("SAVEPOINT work").await?,
            Savepoint::Used => tx.run("RELEASE SAVEPOINT work; SAVEPOINT work").await?,
            Savepoint::Fresh => {}
        }
        if !is_first {
            self.savepoint = Savepoint::Fresh;
        }
        let mark = tx.mark();
        let disposition = work.run(tx).await;
        match disposition {
            Disposition::Keep if self.savepoint == Savepoint::Fresh => self.savepoint = Savepoint::Used,
            Disposition::Keep => {}
            Disposition::Discard => {
                tx.rewind(mark);
                if !is_first {
                    tx.run("ROLLBACK TO SAVEPOINT work").await.map_err(rolled_back)?;
                } else if let Err(error) = tx.run("ROLLBACK").await
                    && !is_rolled_back(&error)
                {
                    // The caller gets the work's own error. A rollback that fails too costs only the connection.
                    self.tx = None;
                }
            }
        }
        Ok(disposition)
    }

    /// Opens a transaction. A connection that broke while it was idle is replaced once.
    async fn begin(&mut self) -> Result<(), DatabaseError> {
        let (statement, savepoint) = match self.address.engine {
            Engine::Sqlite => ("BEGIN IMMEDIATE", Savepoint::None),
            Engine::Postgres => (ONE_WRITER, Savepoint::Fresh),
        };
        self.savepoint = savepoint;
        if let Some(file) = &self.file {
            file.check()?;
        }
        if let Some(tx) = self.tx.as_mut() {
            tx.take_effects();
            match tx.run(statement).await {
                Ok(()) => return Ok(()),
                Err(error @ DatabaseError::Unreachable { .. }) => {
                    tracing::warn!(%error, "writer connection lost, connecting again");
                    self.tx = None;
                }
                Err(error) => return Err(error),
            }
        }
        let mut tx = Tx::new(connect::writer(&self.address).await?, self.address.engine);
        tx.run(statement).await?;
        self.tx = Some(tx);
        Ok(())
    }

    async fn commit(&mut self) -> Result<(), DatabaseError> {
        let Some(tx) = self.tx.as_mut() else {
            return Err(DatabaseError::Closed);
        };
        let statement = match self.savepoint {
            Savepoint::None => "COMMIT",
            // The release fails, and nothing is committed, if the last work went on after a failed statement. A
            // COMMIT alone would roll back without an error.
            Savepoint::Fresh | Savepoint::Used => "RELEASE SAVEPOINT work; COMMIT",
        };
        tx.run_raw(statement)
            .await
            .map_err(|error| commit_failure(error, self.address.engine))?;
        let (hooks, appended) = tx.take_effects();
        for hook in hooks {
            hook();
        }
        if appended {
            self.state.appended.send_modify(|count| *count += 1);
        }
        Ok(())
    }
}

/// The failure of a transaction whose rollback to a savepoint failed.
fn rolled_back(error: DatabaseError) -> DatabaseError {
    if is_rolled_back(&error) {
        let reason = error.to_string();
        return DatabaseError::RolledBack { reason };
    }
    error
}

/// True if SQLite has rolled the whole transaction back by itself, as it does when a statement finds the disk full or
/// can't write: no savepoint of it is left, and no transaction.
fn is_rolled_back(error: &DatabaseError) -> bool {
    let DatabaseError::Statement { reason } = error else {
        return false;
    };
    reason.contains("no such savepoint") || reason.contains("no transaction is active")
}

/// Sorts the failure of a commit: one that the engine refused did not happen; any other leaves open if it did.
fn commit_failure(error: sqlx::Error, engine: Engine) -> DatabaseError {
    let is_refusal = match (&error, engine) {
        (sqlx::Error::Database(refusal), Engine::Postgres) => refusal
            .code()
            .is_some_and(|code| !code.starts_with("57P") && !code.starts_with("08")),
        (sqlx::Error::Database(refusal), Engine::Sqlite) => {
            const BUSY: i64 = 5;
            const FULL: i64 = 13;
            const CONSTRAINT: i64 = 19;
            let code = refusal.code().and_then(|code| code.parse::<i64>().ok());
            // The lowest byte of an extended result code is the primary code.
            code.is_some_and(|code| matches!(code & 0xff, BUSY | FULL | CONSTRAINT))
        }
        _ => false,
    };
    if is_refusal {
        error.into()
    } else {
        DatabaseError::OutcomeUnknown {
            reason: error.to_string(),
        }
    }
}

fn settle(works: Vec<Box<dyn QueuedWork>>, failure: Option<&DatabaseError>) {
    for work in works {
        work.settle(failure);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The error of a statement that SQLite has no room for.
    async fn full() -> sqlx::Error {
        sqlx::any::install_default_drivers();
        let mut connection = <sqlx::AnyConnection as sqlx::Connection>::connect("sqlite::memory:")
            .await
            .unwrap();
        let statements = "CREATE TABLE texts (text TEXT); PRAGMA max_page_count = 2;
            INSERT INTO texts VALUES (randomblob(100000))";
        sqlx::raw_sql(statements).execute(&mut connection).await.unwrap_err()
    }

    #[tokio::test]
    async fn a_commit_that_a_full_disk_refuses_did_not_happen() {
        let failure = commit_failure(full().await, Engine::Sqlite);

        assert!(matches!(failure, DatabaseError::Full { .. }), "{failure:?}");
        assert!(failure.is_passing());
        let answer: commerce::Error<String> = failure.into();
        assert_eq!(answer.code(), commerce::ErrorCode::ServiceUnavailable);
    }

    /// The error of a connection that does not wait for a lock which another one holds.
    async fn locked(folder: &tempfile::TempDir) -> sqlx::Error {
        sqlx::any::install_default_drivers();
        let url = format!("sqlite://{}/locked.db?mode=rwc", folder.path().display());
        let connect = || <sqlx::AnyConnection as sqlx::Connection>::connect(&url);
        let (mut holder, mut waiter) = (connect().await.unwrap(), connect().await.unwrap());
        sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut holder).await.unwrap();
        let begin = "PRAGMA busy_timeout = 0; BEGIN IMMEDIATE";
        sqlx::raw_sql(begin).execute(&mut waiter).await.unwrap_err()
    }

    #[tokio::test]
    async fn what_waits_for_a_lock_in_vain_did_not_happen_and_may_be_repeated() {
        let folder = tempfile::tempdir().unwrap();

        let failure = DatabaseError::from(locked(&folder).await);

        assert!(matches!(failure, DatabaseError::Locked { .. }), "{failure:?}");
        assert!(failure.is_passing());
        let answer: commerce::Error<String> = failure.into();
        assert_eq!(answer.code(), commerce::ErrorCode::ServiceUnavailable);
        assert!(answer.to_string().contains("locked by somebody else"), "{answer}");
    }
}
