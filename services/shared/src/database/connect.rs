use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, ConnectOptions, any::AnyConnectOptions, any::AnyPoolOptions};
use tokio::time::Instant;

use super::{DatabaseError, Engine, engine::Address};
use crate::Backoff;

const SQLITE: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA query_only = ON;";
// No lock is waited for without end, and none is held by a process that hangs: every writer of the schema would hang with it.
const POSTGRES: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '30s';";
const POSTGRES_READER: &str = "SET default_transaction_read_only = on; SET statement_timeout = '30s';";

const BUSY: Duration = Duration::from_secs(5);
const READERS: u32 = 4;
const ACQUIRE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

fn options(address: &Address) -> Result<AnyConnectOptions, DatabaseError> {
    let options: AnyConnectOptions = address.url.parse()?;
    Ok(options.disable_statement_logging())
}

/// A connection that may write.
pub(super) async fn writer(address: &Address) -> Result<AnyConnection, DatabaseError> {
    let unreachable = |error: sqlx::Error| DatabaseError::Unreachable {
        reason: error.to_string(),
    };
    let mut connection = options(address)?.connect().await.map_err(unreachable)?;
    let setup = match address.engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let until = Instant::now() + BUSY;
    let mut backoff = Backoff::new(Duration::from_millis(2), Duration::from_millis(50));
    loop {
        match sqlx::raw_sql(setup).execute(&mut connection).await {
            Ok(_) => return Ok(connection),
            // The switch to the write-ahead log does not wait for another process that makes it at the same moment.
            Err(error) if is_busy(&error) && Instant::now() < until => tokio::time::sleep(backoff.pause()).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// SQLite has not got a lock that another connection holds.
fn is_busy(error: &sqlx::Error) -> bool {
    let code = error
        .as_database_error()
        .and_then(|error| error.code()?.parse::<i64>().ok());
    code.is_some_and(|code| code & 0xff == 5)
}

/// Connections that can only read, opened when the first reader comes.
pub(super) fn readers(address: &Address) -> Result<AnyPool, DatabaseError> {
    let setup = match address.engine {
        Engine::Sqlite => SQLITE_READER,
        Engine::Postgres => POSTGRES_READER,
    };
    Ok(AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(IDLE)
        // A file does not go away while nobody looks; a server may.
        .test_before_acquire(address.engine == Engine::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(setup).execute(connection).await.map(|_| ()) })
        })
        .connect_lazy_with(options(address)?))
}
