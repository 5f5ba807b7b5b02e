use std::time::Duration;

use seam::time::Instant;
use sqlx::{AnyConnection, AnyPool, ConnectOptions, Connection, Row, any::AnyConnectOptions, any::AnyPoolOptions};

use super::{DatabaseError, Engine, engine::Address};
use crate::Backoff;

const SQLITE: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA query_only = ON;";
// No wait for a lock is endless, and no process that hangs keeps one: every writer of the schema would hang with it.
const POSTGRES: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '30s';
    SET idle_in_transaction_session_timeout = '30s';";
const POSTGRES_READER: &str = "SET default_transaction_read_only = on; SET statement_timeout = '30s';";

const BUSY: Duration = Duration::from_secs(5);
const BUSY_CODE: i64 = 5;
const CORRUPT: i64 = 11;
const NOT_A_DATABASE: i64 = 26;
const READERS: u32 = 4;
const ACQUIRE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

fn options(address: &Address) -> Result<AnyConnectOptions, DatabaseError> {
    let options: AnyConnectOptions = address.url.parse()?;
    Ok(options.disable_statement_logging())
}

async fn connect(address: &Address) -> Result<AnyConnection, DatabaseError> {
    let unreachable = |error: sqlx::Error| DatabaseError::Unreachable {
        reason: error.to_string(),
    };
    options(address)?.connect().await.map_err(unreachable)
}

/// Opens a connection that may write.
pub(super) async fn writer(address: &Address) -> Result<AnyConnection, DatabaseError> {
    let mut connection = connect(address).await?;
    let setup = match address.engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    let until = Instant::now() + BUSY;
    let mut backoff = Backoff::new(Duration::from_millis(2), Duration::from_millis(50));
    loop {
        match sqlx::raw_sql(setup).execute(&mut connection).await {
            Ok(_) => return Ok(connection),
            // SQLite does not apply its busy timeout to the switch to the write-ahead log, which another process
            // may make at the same moment.
            Err(error) if is_busy(&error) && Instant::now() < until => tokio::time::sleep(backoff.pause()).await,
            Err(error) => return Err(error.into()),
        }
    }
}

/// Opens the database for the first time: creates the file where there is none, on SQLite, and looks for damage.
///
/// Every failure names the file: a process may open several, and the engine's own message names none.
pub(super) async fn first(address: &Address) -> Result<AnyConnection, DatabaseError> {
    let named = |error: DatabaseError| match &address.file {
        Some(file) => DatabaseError::File {
            file: file.display().to_string(),
            reason: error.to_string(),
        },
        None => error,
    };
    let mut connection = writer(address).await.map_err(named)?;
    quick_check(&mut connection, address).await?;
    Ok(connection)
}

/// Reads the whole file and looks for damage, on SQLite.
///
/// On a connection of its own: others answer from pages that they have read before.
pub(super) async fn inspect(address: &Address) -> Result<(), DatabaseError> {
    if address.engine == Engine::Postgres {
        return Ok(());
    }
    let mut connection = connect(address).await?;
    let found = match sqlx::raw_sql(SQLITE_READER).execute(&mut connection).await {
        Ok(_) => quick_check(&mut connection, address).await,
        Err(error) => Err(error.into()),
    };
    // The findings count, not the end of a connection that has only read.
    let _closed = connection.close().await;
    found
}

async fn quick_check(connection: &mut AnyConnection, address: &Address) -> Result<(), DatabaseError> {
    let Some(file) = &address.file else { return Ok(()) };
    let damaged = |reason: String| DatabaseError::Damaged {
        file: file.display().to_string(),
        reason,
    };
    let found = sqlx::query("PRAGMA quick_check(1)").fetch_one(connection).await;
    match found.and_then(|row| row.try_get::<String, _>(0)) {
        Ok(said) if said == "ok" => Ok(()),
        Ok(said) => Err(damaged(said)),
        Err(error) if is_code(&error, &[CORRUPT, NOT_A_DATABASE]) => Err(damaged(error.to_string())),
        Err(error) => Err(DatabaseError::File {
            file: file.display().to_string(),
            reason: error.to_string(),
        }),
    }
}

/// True if SQLite did not get a lock that another connection holds.
fn is_busy(error: &sqlx::Error) -> bool {
    is_code(error, &[BUSY_CODE])
}

/// True if the error has one of these primary result codes of SQLite: the lowest byte of an extended one.
fn is_code(error: &sqlx::Error, codes: &[i64]) -> bool {
    let code = error
        .as_database_error()
        .and_then(|error| error.code()?.parse::<i64>().ok());
    code.is_some_and(|code| codes.contains(&(code & 0xff)))
}

/// Makes a pool of connections that can only read; each is opened when it is first needed.
pub(super) fn readers(address: &Address) -> Result<AnyPool, DatabaseError> {
    let setup = match address.engine {
        Engine::Sqlite => SQLITE_READER,
        Engine::Postgres => POSTGRES_READER,
    };
    Ok(AnyPoolOptions::new()
        .max_connections(READERS)
        .acquire_timeout(ACQUIRE)
        .idle_timeout(IDLE)
        // An idle connection to a server may be dead; one to a file is not.
        .test_before_acquire(address.engine == Engine::Postgres)
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(setup).execute(connection).await.map(|_| ()) })
        })
        .connect_lazy_with(options(address)?))
}
