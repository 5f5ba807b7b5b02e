use std::{
    net::{SocketAddr, TcpListener},
    path::PathBuf,
    sync::{Arc, Mutex, PoisonError},
    time::{Duration, Instant},
};

use axum::{
    Json, Router,
    extract::State,
    http::StatusCode,
    response::{IntoResponse, Response},
    routing::get,
};
use serde::{Deserialize, Serialize};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};

use crate::{NodeError, host::Host};

/// Longest time for which a lock is held.
const LONGEST: Duration = Duration::from_secs(60);
/// Time to wait for a lock that others hold.
const PATIENCE: Duration = Duration::from_secs(10);

/// A lock that was held.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct HeldLock {
    /// Milliseconds for which it was held; less than was asked for while it still is.
    pub held_ms: u64,
}

/// Somebody who holds the write lock of an SQLite database that belongs to others, as a backup or a person with a shell
/// does.
///
/// # HTTP
///
/// - `POST /locks` with the JSON body `{ "for_ms": 7000 }`, at most 60000: takes the write lock, answers 201 once it
///   has it, and lets go after that time. 503 if others do not let go of it within 10 s.
/// - `GET /locks`: the [`HeldLock`]s so far, as a JSON array.
/// - `GET /health/live`.
#[derive(Debug)]
pub struct DatabaseLocker {
    address: SocketAddr,
    _host: Host,
}

#[derive(Clone, Debug)]
struct Shared {
    file: PathBuf,
    /// Beginnings and lengths.
    locks: Arc<Mutex<Vec<(Instant, Duration)>>>,
}

#[derive(Clone, Copy, Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Wanted {
    for_ms: u64,
}

impl DatabaseLocker {
    /// Serves on `listener` until dropped. The database in `file` need not be there before a lock is asked for.
    pub fn start(listener: TcpListener, file: PathBuf) -> Result<Self, NodeError> {
        let shared = Shared {
            file,
            locks: Arc::default(),
        };
        let router = Router::new()
            .route("/locks", get(locks).post(lock))
            .route(
                "/health/live",
                get(async || Json(serde_json::json!({ "status": "live" }))),
            )
            .with_state(shared);
        let address = listener.local_addr()?;
        let host = Host::new()?;
        host.serve(listener, router)?;
        Ok(Self { address, _host: host })
    }

    /// Returns the address it serves on.
    pub fn address(&self) -> SocketAddr {
        self.address
    }
}

async fn locks(State(shared): State<Shared>) -> Json<Vec<HeldLock>> {
    let locks = shared.locks.lock().unwrap_or_else(PoisonError::into_inner);
    let held = |(since, length): &(Instant, Duration)| HeldLock {
        held_ms: u64::try_from(since.elapsed().min(*length).as_millis()).unwrap_or(u64::MAX),
    };
    Json(locks.iter().map(held).collect())
}

async fn lock(State(shared): State<Shared>, Json(wanted): Json<Wanted>) -> Response {
    let length = Duration::from_millis(wanted.for_ms);
    if length > LONGEST {
        let problem = format!("for_ms is {}, wanted at most {}", wanted.for_ms, LONGEST.as_millis());
        return refused(StatusCode::BAD_REQUEST, &problem);
    }
    let mut connection = match take(&shared).await {
        Ok(connection) => connection,
        Err(error) => return refused(StatusCode::SERVICE_UNAVAILABLE, &error.to_string()),
    };
    let mut locks = shared.locks.lock().unwrap_or_else(PoisonError::into_inner);
    locks.push((Instant::now(), length));
    tokio::spawn(async move {
        tokio::time::sleep(length).await;
        // Closing lets go of the lock too, should this fail.
        let _let_go = sqlx::raw_sql("ROLLBACK").execute(&mut connection).await;
    });
    (
        StatusCode::CREATED,
        Json(serde_json::json!({ "for_ms": wanted.for_ms })),
    )
        .into_response()
}

async fn take(shared: &Shared) -> Result<SqliteConnection, sqlx::Error> {
    let options = SqliteConnectOptions::new()
        .filename(&shared.file)
        .create_if_missing(false)
        .busy_timeout(PATIENCE);
    let mut connection = SqliteConnection::connect_with(&options).await?;
    sqlx::raw_sql("BEGIN IMMEDIATE").execute(&mut connection).await?;
    Ok(connection)
}

fn refused(status: StatusCode, message: &str) -> Response {
    (status, Json(serde_json::json!({ "error": { "message": message } }))).into_response()
}
