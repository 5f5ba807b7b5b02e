//! The database locker over real sockets, on a database that another connection writes.

mod support;

use std::time::{Duration, Instant};

use outside::DatabaseLocker;
use reqwest::Client;
use serde_json::{Value, json};
use sqlx::{Connection, SqliteConnection, sqlite::SqliteConnectOptions};
use support::free;

async fn lock(locker: &DatabaseLocker, for_ms: u64) -> u16 {
    let request = Client::new().post(format!("http://{}/locks", locker.address()));
    let request = request
        .header("content-type", "application/json")
        .body(json!({ "for_ms": for_ms }).to_string());
    request.send().await.expect("the locker answers").status().as_u16()
}

async fn locks(locker: &DatabaseLocker) -> Value {
    let reply = reqwest::get(format!("http://{}/locks", locker.address())).await;
    let body = reply.expect("the locker answers").bytes().await.expect("a body");
    serde_json::from_slice(&body).expect("JSON")
}

#[tokio::test]
async fn the_lock_keeps_writers_out_for_as_long_as_it_was_asked_for_and_no_longer() {
    let folder = tempfile::tempdir().expect("a folder");
    let file = folder.path().join("others.db");
    let locker = DatabaseLocker::start(free(), file.clone()).expect("the locker starts");
    let before = lock(&locker, 1).await;
    let options = SqliteConnectOptions::new().filename(&file).create_if_missing(true);
    let options = options.busy_timeout(Duration::from_secs(20));
    let mut writer = SqliteConnection::connect_with(&options).await.expect("a database");
    let write = "CREATE TABLE IF NOT EXISTS rows (id INTEGER)";

    let locked = lock(&locker, 300).await;
    let since = Instant::now();
    let written = sqlx::raw_sql(write).execute(&mut writer).await;

    assert_eq!((before, locked), (503, 201), "there is no database at first");
    assert!(
        written.is_ok() && since.elapsed() >= Duration::from_millis(250),
        "{:?}",
        since.elapsed()
    );
    assert_eq!(locks(&locker).await, json!([{ "held_ms": 300 }]));
    assert_eq!(lock(&locker, 60_001).await, 400);
}
