use std::{os::unix::fs::PermissionsExt, path::Path};

use futures::future::join_all;
use shared::{Database, DatabaseError, Migration};
use sqlx::Row;

use crate::support::{MIGRATIONS, Store, effect, effects};

#[tokio::test]
async fn a_unique_violation_is_told_from_other_failures() {
    let store = Store::new().await;
    let twice = |value: &'static str| {
        store.db.write(move |tx| {
            Box::pin(async move {
                sqlx::query("INSERT INTO effects (seq, what) VALUES (1, $1)")
                    .bind(value)
                    .execute(tx.connection())
                    .await?;
                Ok::<_, DatabaseError>(())
            })
        })
    };

    twice("first").await.unwrap();
    let violation = twice("second").await.unwrap_err();
    let null = store
        .db
        .write(|tx| {
            Box::pin(async move {
                sqlx::query("INSERT INTO effects (what) VALUES (NULL)")
                    .execute(tx.connection())
                    .await?;
                Ok::<_, DatabaseError>(())
            })
        })
        .await
        .unwrap_err();

    assert!(violation.is_unique(), "{violation:?}");
    assert!(matches!(null, DatabaseError::Check { .. }), "{null:?}");
}

#[tokio::test]
async fn only_the_owner_reads_the_files_of_a_database() {
    let folder = tempfile::tempdir().unwrap();
    let base = folder.path().join("a/b");
    let url = format!("sqlite://{}/{{module}}.db", base.display());
    let database = Database::open(&url, "tested", MIGRATIONS).await.unwrap();
    assert_eq!(effects(&database).await, Vec::<String>::new());

    let mode = |path: &Path| path.metadata().unwrap().permissions().mode() & 0o777;
    for file in ["tested.db", "tested.db-wal", "tested.db-shm"] {
        assert_eq!(mode(&base.join(file)), 0o600, "{file}");
    }
    assert_eq!(mode(&base), 0o700);
    assert_eq!(mode(&folder.path().join("a")), 0o700);
    // A mode that the operator gave is left alone.
    let given = base.join("given.db");
    std::fs::File::create(&given).unwrap();
    std::fs::set_permissions(&given, PermissionsExt::from_mode(0o640)).unwrap();
    Database::open(&url, "given", MIGRATIONS).await.unwrap();
    assert_eq!(mode(&given), 0o640);
    // Nothing is made where the address asks for a file that is there.
    let missing = format!("sqlite://{}/missing.db?mode=rw", base.display());
    assert!(Database::open(&missing, "missing", MIGRATIONS).await.is_err());
    assert!(!base.join("missing.db").exists());
}

#[tokio::test]
async fn readers_can_not_write() {
    let store = Store::new().await;

    let refused = sqlx::query("INSERT INTO effects (what) VALUES ('x')")
        .execute(store.db.readers())
        .await;

    assert!(refused.is_err());
    assert!(effects(&store.db).await.is_empty());
}

#[tokio::test]
async fn the_writer_keeps_what_it_answers_durable() {
    let store = Store::new().await;

    let (mode, synchronous): (String, i64) = store
        .db
        .write::<_, DatabaseError, _>(|tx| {
            Box::pin(async move {
                let mode = sqlx::query("PRAGMA journal_mode")
                    .fetch_one(tx.connection())
                    .await?
                    .try_get(0)?;
                let synchronous = sqlx::query("PRAGMA synchronous")
                    .fetch_one(tx.connection())
                    .await?
                    .try_get(0)?;
                Ok((mode, synchronous))
            })
        })
        .await
        .unwrap();

    assert_eq!(
        (mode.as_str(), synchronous),
        ("wal", 2),
        "write-ahead log, every commit synced (2 is FULL)"
    );
}

#[tokio::test]
async fn two_processes_may_open_an_empty_database_at_once() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sqlite://{}/{{module}}.db", folder.path().display());

    let opened = join_all((0..4).map(|_| Database::open(&url, "tested", MIGRATIONS))).await;

    for db in opened {
        effect(&db.unwrap(), "x").await.unwrap();
    }
}

#[tokio::test]
async fn a_migration_that_was_changed_after_it_was_applied_is_refused() {
    const CHANGED: &[Migration] = &[Migration {
        sqlite: "CREATE TABLE other (x TEXT)",
        postgres: "CREATE TABLE other (x TEXT)",
        ..MIGRATIONS[0]
    }];
    let store = Store::new().await;

    let refused = Database::open(store.url(), "tested", CHANGED).await.unwrap_err();

    assert!(
        refused
            .to_string()
            .starts_with("migration 1 (effects) of tested failed: it was changed"),
        "{refused}"
    );
}

#[tokio::test]
async fn a_migration_that_fails_leaves_the_schema_as_it_was() {
    const HALF: &[Migration] = &[
        MIGRATIONS[0],
        Migration {
            version: 2,
            name: "half",
            sqlite: "CREATE TABLE half (x TEXT); NONSENSE",
            postgres: "CREATE TABLE half (x TEXT); NONSENSE",
        },
    ];
    let store = Store::new().await;

    let refused = Database::open(store.url(), "tested", HALF).await.unwrap_err();

    assert!(
        matches!(refused, DatabaseError::Migration { version: 2, .. }),
        "{refused:?}"
    );
    let half = sqlx::query("SELECT x FROM half").fetch_all(store.db.readers()).await;
    assert!(half.is_err(), "the table of the failed migration must be gone");
}

#[tokio::test]
async fn an_address_that_can_not_be_used_is_refused_without_its_password() {
    for (url, wanted) in [
        ("mysql://u:secret@host/db", "mysql://u:***@host/db"),
        ("sqlite::memory:", "sqlite::memory:"),
        ("nonsense", "nonsense"),
        (
            "postgres://h/db?user=u&password=secret&sslmode=nonsense",
            "postgres://h/db?user=u&password=***&sslmode=nonsense",
        ),
    ] {
        let refused = Database::open(url, "tested", MIGRATIONS).await.unwrap_err().to_string();
        assert!(
            refused.starts_with(&format!("DATABASE_URL is {wanted:?}, wanted ")),
            "{refused}"
        );
        assert!(!refused.contains("secret"), "{refused}");
    }
}
