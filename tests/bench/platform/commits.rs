use std::time::Instant;

use sqlx::{
    ConnectOptions, Connection, SqliteConnection,
    sqlite::{SqliteConnectOptions, SqliteJournalMode, SqliteSynchronous},
};

const COMMITS: u32 = 2_000;

/// Small transactions, one insert each, that this machine makes durable per second, one after the other.
pub(crate) async fn per_second() -> f64 {
    // Beside the run folders of the platform, so that both write to the same disk.
    let folder = tempfile::tempdir_in(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).expect("a folder in the workspace");
    let mut connection: SqliteConnection = SqliteConnectOptions::new()
        .filename(folder.path().join("commits.db"))
        .create_if_missing(true)
        .journal_mode(SqliteJournalMode::Wal)
        .synchronous(SqliteSynchronous::Full)
        .connect()
        .await
        .expect("the file is opened");
    sqlx::query("CREATE TABLE entry (id INTEGER PRIMARY KEY, body TEXT NOT NULL)")
        .execute(&mut connection)
        .await
        .expect("the table is created");
    let body = "x".repeat(200);
    let start = Instant::now();
    for _ in 0..COMMITS {
        sqlx::query("INSERT INTO entry (body) VALUES ($1)")
            .bind(&body)
            .execute(&mut connection)
            .await
            .expect("a commit");
    }
    let elapsed = start.elapsed();
    connection.close().await.expect("the file is closed");
    f64::from(COMMITS) / elapsed.as_secs_f64()
}
