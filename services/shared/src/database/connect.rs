use std::time::Duration;

use sqlx::{AnyConnection, AnyPool, ConnectOptions, any::AnyConnectOptions, any::AnyPoolOptions};

use super::{DatabaseError, Engine, engine::Address};

const SQLITE: &str =
    "PRAGMA busy_timeout = 5000; PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL; PRAGMA foreign_keys = ON;";
const SQLITE_READER: &str = "PRAGMA busy_timeout = 5000; PRAGMA synchronous = FULL; PRAGMA query_only = ON;";
// A lock is never waited for without end: a group commit would hang with it.
const POSTGRES: &str = "SET synchronous_commit = on; SET lock_timeout = '10s'; SET statement_timeout = '30s';";
const POSTGRES_READER: &str = "SET default_transaction_read_only = on; SET statement_timeout = '30s';";

const READERS: u32 = 4;
const ACQUIRE: Duration = Duration::from_secs(5);
const IDLE: Duration = Duration::from_secs(60);

fn options(address: &Address) -> Result<AnyConnectOptions, DatabaseError> {
    let options: AnyConnectOptions = address.url.parse()?;
    Ok(options.disable_statement_logging())
}

/// A connection that may write.
pub(super) async fn writer(address: &Address) -> Result<AnyConnection, DatabaseError> {
    let mut connection = options(address)?
        .connect()
        .await
        .map_err(|error| DatabaseError::Unreachable {
            reason: error.to_string(),
        })?;
    let setup = match address.engine {
        Engine::Sqlite => SQLITE,
        Engine::Postgres => POSTGRES,
    };
    sqlx::raw_sql(setup).execute(&mut connection).await?;
    Ok(connection)
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
        .after_connect(move |connection, _| {
            Box::pin(async move { sqlx::raw_sql(setup).execute(connection).await.map(|_| ()) })
        })
        .connect_lazy_with(options(address)?))
}
