//! Measures writes per second with group commit, and for comparison single commits per second on the same disk.
//!
//!     cargo run --release -p shared --example commits [DATABASE_URL]
#![expect(clippy::print_stdout, reason = "the figures are the result")]

use std::time::{Duration, Instant};

use futures::future::join_all;
use shared::{Database, DatabaseError, Migration};
use sqlx::{Connection, SqliteConnection};

const FOR: Duration = Duration::from_secs(3);
const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "rows",
    sqlite: "CREATE TABLE rows_written (id INTEGER PRIMARY KEY AUTOINCREMENT, what TEXT NOT NULL)",
    postgres: "CREATE TABLE rows_written (id BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, what TEXT NOT NULL)",
}];
const INSERT: &str = "INSERT INTO rows_written (what) VALUES ($1)";

#[tokio::main(worker_threads = 2)]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir_in(".")?;
    let own = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let url = std::env::args().nth(1).unwrap_or(own);
    if url.starts_with("sqlite:") {
        println!(
            "raw: {:.0} commits/s (one INSERT each, synchronous=FULL)",
            raw(folder.path()).await?
        );
    }
    let db = Database::open(&url, "bench", MIGRATIONS).await?;
    for callers in [1, 8, 64] {
        let (before, begun) = (db.stats(), Instant::now());
        join_all((0..callers).map(|_| write_on(&db)))
            .await
            .into_iter()
            .collect::<Result<(), _>>()?;
        let (after, seconds) = (db.stats(), begun.elapsed().as_secs_f64());
        let rate = |count: u64| f64::from(u32::try_from(count).unwrap_or(u32::MAX)) / seconds;
        let (writes, commits) = (rate(after.writes - before.writes), rate(after.commits - before.commits));
        println!("{callers:>2} callers: {writes:.0} writes/s in {commits:.0} commits/s");
    }
    db.close().await;
    Ok(())
}

async fn write_on(db: &Database) -> Result<(), DatabaseError> {
    let begun = Instant::now();
    while begun.elapsed() < FOR {
        db.write(|tx| {
            Box::pin(async move {
                sqlx::query(INSERT)
                    .bind("something to keep")
                    .execute(tx.connection())
                    .await?;
                Ok::<_, DatabaseError>(())
            })
        })
        .await?;
    }
    Ok(())
}

async fn raw(folder: &std::path::Path) -> Result<f64, sqlx::Error> {
    let mut connection = SqliteConnection::connect(&format!("sqlite://{}/raw.db?mode=rwc", folder.display())).await?;
    let setup = "PRAGMA journal_mode = WAL; PRAGMA synchronous = FULL;
        CREATE TABLE rows_written (id INTEGER PRIMARY KEY, what TEXT)";
    sqlx::raw_sql(setup).execute(&mut connection).await?;
    let begun = Instant::now();
    let mut commits = 0_u32;
    while begun.elapsed() < FOR {
        sqlx::query(INSERT)
            .bind("something to keep")
            .execute(&mut connection)
            .await?;
        commits += 1;
    }
    Ok(f64::from(commits) / begun.elapsed().as_secs_f64())
}
