//! What readiness and callers learn about a database that is full, gone or damaged.

use std::{io::Write, path::PathBuf};

use commerce::{Error, ErrorCode};
use shared::{Database, DatabaseError, Environment, Settings, settings};
use sqlx::Row;
use tempfile::TempDir;

use crate::support::{MIGRATIONS, effect, effects};

/// A database on a SQLite file, whatever the other tests of this suite run on.
struct OnFile {
    folder: TempDir,
    db: Database,
}

impl OnFile {
    async fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let db = open(&folder).await.unwrap();
        Self { folder, db }
    }

    fn file(&self) -> PathBuf {
        self.folder.path().join("tested.db")
    }

    /// Leaves room for this many pages more, as a disk that is nearly full; `None` for as many as there may be.
    async fn leave(&self, pages: Option<i64>) {
        let limit = self
            .db
            .write::<_, DatabaseError, _>(move |tx| {
                Box::pin(async move {
                    let now = sqlx::query("PRAGMA page_count").fetch_one(tx.connection()).await?;
                    let most = pages.map_or(i64::from(u32::MAX), |pages| now.get::<i64, _>(0) + pages);
                    let limit = sqlx::AssertSqlSafe(format!("PRAGMA max_page_count = {most}"));
                    sqlx::raw_sql(limit).execute(tx.connection()).await?;
                    Ok(())
                })
            })
            .await;
        limit.unwrap();
    }
}

async fn open(folder: &TempDir) -> Result<Database, DatabaseError> {
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
    Database::open(&url, "tested", MIGRATIONS).await
}

/// Text that fills some pages.
fn long() -> String {
    "x".repeat(20_000)
}

#[tokio::test]
async fn on_a_full_disk_nothing_is_done_readiness_knows_it_and_all_goes_on_once_there_is_room() {
    let store = OnFile::new().await;
    effect(&store.db, "before").await.unwrap();
    store.leave(Some(1)).await;
    let before = store.db.stats();

    let full = effect(&store.db, &long()).await.unwrap_err();
    let unready = [store.db.check().await, store.db.check().await];
    store.leave(None).await;
    let ready = store.db.check().await;

    assert!(matches!(full, DatabaseError::Full { .. }), "{full:?}");
    let answer: Error<String> = full.into();
    assert_eq!(answer.code(), ErrorCode::ServiceUnavailable);
    for check in unready {
        assert!(matches!(check, Err(DatabaseError::Full { .. })), "{check:?}");
    }
    assert_eq!(ready, Ok(()));
    effect(&store.db, &long()).await.unwrap();
    assert_eq!(effects(&store.db).await, ["before".to_owned(), long()]);
    assert_eq!(
        store.db.stats().writes,
        before.writes + 2,
        "the other one lifts the limit; probes are not counted"
    );
}

#[tokio::test]
async fn a_write_that_finds_the_disk_full_costs_those_that_share_its_transaction_a_certain_no() {
    let store = OnFile::new().await;
    store.leave(Some(1)).await;

    // All are queued before the writer begins.
    let (small, large) = tokio::join!(effect(&store.db, "small"), async { effect(&store.db, &long()).await });

    assert!(
        matches!(
            large,
            Err(DatabaseError::Full { .. } | DatabaseError::RolledBack { .. })
        ),
        "{large:?}"
    );
    match small {
        Ok(()) => assert_eq!(effects(&store.db).await, ["small"]),
        Err(error) => {
            assert!(matches!(error, DatabaseError::RolledBack { .. }), "{error:?}");
            let answer: Error<String> = error.into();
            assert_eq!(answer.code(), ErrorCode::ServiceUnavailable);
            assert!(effects(&store.db).await.is_empty());
        }
    }
}

#[tokio::test]
async fn a_database_whose_file_is_removed_or_replaced_is_not_ready_and_takes_no_writes() {
    for replaced in [false, true] {
        let store = OnFile::new().await;
        effect(&store.db, "before").await.unwrap();
        std::fs::remove_file(store.file()).unwrap();
        if replaced {
            std::fs::File::create(store.file()).unwrap();
        }

        let check = store.db.check().await.unwrap_err();
        let write = effect(&store.db, "lost").await.unwrap_err();

        assert!(matches!(check, DatabaseError::Gone { .. }), "{check:?}");
        assert!(check.to_string().contains("tested.db"), "{check}");
        assert_eq!(write, check);
        let answer: Error<String> = write.into();
        assert_eq!(answer.code(), ErrorCode::ServiceUnavailable, "nothing was done");
        assert_eq!(store.file().exists(), replaced, "no empty database is put in its place");
    }
}

/// Writes over the middle of the file, as a failing disk or a foolish copy does.
fn damage(file: &std::path::Path) {
    use std::io::{Seek, SeekFrom};
    let mut opened = std::fs::OpenOptions::new().write(true).open(file).unwrap();
    let pages = opened.metadata().unwrap().len() / 4096;
    for page in 1..pages {
        opened.seek(SeekFrom::Start(page * 4096)).unwrap();
        opened.write_all(&[0xa5; 512]).unwrap();
    }
}

#[tokio::test]
async fn damage_is_found_by_an_inspection_and_at_the_next_start_with_the_name_of_the_file() {
    let store = OnFile::new().await;
    effect(&store.db, &long()).await.unwrap();
    // Folds the write-ahead log back into the file.
    store.db.close().await;
    let db = open(&store.folder).await.unwrap();
    assert_eq!((db.inspect().await, db.check().await), (Ok(()), Ok(())));

    damage(&store.file());
    let found = db.inspect().await.unwrap_err();
    let check = db.check().await.unwrap_err();
    let start = open(&store.folder).await.unwrap_err();

    assert!(matches!(found, DatabaseError::Damaged { .. }), "{found:?}");
    assert_eq!(check, found);
    assert!(matches!(start, DatabaseError::Damaged { .. }), "{start:?}");
    assert!(start.to_string().contains("tested.db is damaged"), "{start}");
}

#[tokio::test]
async fn a_file_that_is_no_database_or_can_not_be_opened_is_named_at_start() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("tested.db");
    std::fs::write(&file, "this is a letter to my aunt, not a database. ".repeat(100)).unwrap();
    let letter = open(&folder).await.unwrap_err();
    std::fs::remove_file(&file).unwrap();
    std::fs::create_dir(&file).unwrap();
    let directory = open(&folder).await.unwrap_err();

    for refused in [letter, directory] {
        assert!(refused.to_string().contains(file.to_str().unwrap()), "{refused}");
    }
}

#[tokio::test]
async fn readiness_says_what_is_wrong_and_shows_neither_path_nor_the_engines_words() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());
    let declared = [settings::required(&settings::standard::DATABASE_URL)];
    let environment = Environment::new(Settings::from_pairs(&declared, [("DATABASE_URL", &*url)]).unwrap());
    let _db = environment.database("tested", MIGRATIONS).await.unwrap();
    assert!(environment.health.report().await.ready);

    std::fs::remove_file(folder.path().join("tested.db")).unwrap();
    let report = environment.health.report().await;

    let said: Vec<_> = report
        .checks
        .iter()
        .map(|check| (&*check.name, check.reason.as_deref()))
        .collect();
    assert_eq!(said, [("tested.database", Some("its file was removed or replaced"))]);
    assert!(!report.ready);
}
