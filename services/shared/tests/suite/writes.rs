use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering},
    },
    time::Duration,
};

use futures::future::join_all;
use seam::{Context, original};
use shared::{Database, DatabaseError};
use tokio::{sync::Notify, task::JoinHandle};

use crate::support::{Store, effect, effects, insert};

/// Holds the writer in the middle of a work, so that whatever is written meanwhile shares a commit.
async fn hold(db: &Database) -> (Arc<Notify>, JoinHandle<()>) {
    let (release, work) = hold_until_refused(db).await;
    (release, tokio::spawn(async move { work.await.unwrap().unwrap() }))
}

/// The same where the commit may fail.
async fn hold_until_refused(db: &Database) -> (Arc<Notify>, JoinHandle<Result<(), DatabaseError>>) {
    let (begun, release) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
    let (told, released) = (Arc::clone(&begun), Arc::clone(&release));
    let held = db.clone();
    let work = tokio::spawn(async move {
        held.write::<_, DatabaseError, _>(move |_| {
            Box::pin(async move {
                told.notify_one();
                released.notified().await;
                Ok(())
            })
        })
        .await
    });
    begun.notified().await;
    (release, work)
}

/// Starts the writes and waits until they are queued behind the held one.
async fn queued<T: Send + 'static>(writes: Vec<impl Future<Output = T> + Send + 'static>) -> Vec<JoinHandle<T>> {
    let mut started = Vec::new();
    for mut write in writes.into_iter().map(Box::pin) {
        // The first poll puts the work into the queue: its place there is free.
        let _pending = futures::poll!(&mut write);
        started.push(tokio::spawn(write));
    }
    started
}

#[tokio::test]
async fn works_that_wait_together_share_one_commit() {
    let store = Store::new().await;
    let (release, held) = hold(&store.db).await;
    let before = store.db.stats();
    let writes = (0..20).map(|n| {
        let db = store.db.clone();
        async move { effect(&db, &n.to_string()).await }
    });
    let writes = queued(writes.collect()).await;

    release.notify_one();
    held.await.unwrap();

    for write in writes {
        write.await.unwrap().unwrap();
    }
    let after = store.db.stats();
    assert_eq!(after.writes - before.writes, 21);
    assert_eq!(after.commits - before.commits, 1);
    assert_eq!(
        effects(&store.db).await,
        (0..20).map(|n| n.to_string()).collect::<Vec<_>>()
    );
}

#[tokio::test]
async fn a_work_that_fails_undoes_itself_and_nobody_else() {
    let store = Store::new().await;
    let (release, held) = hold(&store.db).await;
    let writes = (0..9).map(|n| {
        let db = store.db.clone();
        async move {
            db.write(move |tx| {
                Box::pin(async move {
                    insert(tx, &n.to_string()).await?;
                    if n % 3 == 0 {
                        Err(DatabaseError::Statement { reason: n.to_string() })
                    } else {
                        Ok(n)
                    }
                })
            })
            .await
        }
    });
    let writes = queued(writes.collect()).await;

    release.notify_one();
    held.await.unwrap();

    let outcomes: Vec<_> = join_all(writes).await.into_iter().map(Result::unwrap).collect();
    for (n, outcome) in (0..9).zip(outcomes) {
        let wanted = if n % 3 == 0 {
            Err(DatabaseError::Statement { reason: n.to_string() })
        } else {
            Ok(n)
        };
        assert_eq!(outcome, wanted);
    }
    assert_eq!(effects(&store.db).await, ["1", "2", "4", "5", "7", "8"]);
}

#[tokio::test]
async fn a_commit_that_is_refused_is_heard_by_every_work_that_rests_on_it() {
    let store = Store::new().await;
    let (release, held) = hold_until_refused(&store.db).await;
    let (kept, orphan, reader) = (store.db.clone(), store.db.clone(), store.db.clone());
    let kept = queued(vec![async move { effect(&kept, "lost").await }]).await;
    // The foreign key is checked at the commit: no statement of the work fails.
    let orphan = queued(vec![async move {
        orphan
            .write(|tx| {
                Box::pin(async move {
                    sqlx::query("INSERT INTO children (parent) VALUES (7)")
                        .execute(tx.connection())
                        .await?;
                    Ok::<_, DatabaseError>(())
                })
            })
            .await
    }])
    .await;
    let reader = queued(vec![async move {
        reader
            .write::<(), _, _>(|tx| {
                Box::pin(async move {
                    let seen = sqlx::query("SELECT what FROM effects")
                        .fetch_all(tx.connection())
                        .await?
                        .len();
                    Err(DatabaseError::Statement {
                        reason: format!("saw {seen}"),
                    })
                })
            })
            .await
    }])
    .await;

    release.notify_one();

    let mut outcomes = vec![held.await.unwrap()];
    for write in kept.into_iter().chain(orphan).chain(reader) {
        outcomes.push(write.await.unwrap());
    }
    for outcome in outcomes {
        assert!(matches!(outcome, Err(DatabaseError::Check { .. })), "{outcome:?}");
    }
    effect(&store.db, "later").await.unwrap();
    assert_eq!(effects(&store.db).await, ["later"]);
}

#[tokio::test]
async fn a_work_that_goes_on_after_a_failed_statement_is_never_answered_and_lost() {
    let store = Store::new().await;

    let careless = store
        .db
        .write::<_, DatabaseError, _>(|tx| {
            Box::pin(async move {
                insert(tx, "careless").await?;
                let _ignored = sqlx::query("SELECT * FROM nowhere").execute(tx.connection()).await;
                Ok(())
            })
        })
        .await;

    let kept = effects(&store.db).await.contains(&"careless".to_owned());
    assert_eq!(careless.is_ok(), kept, "{careless:?}");
    effect(&store.db, "later").await.unwrap();
}

#[tokio::test]
async fn a_first_work_that_fails_leaves_nothing_for_the_next_one_to_commit() {
    let store = Store::new().await;

    let failed = store
        .db
        .write::<(), _, _>(|tx| {
            Box::pin(async move {
                insert(tx, "undone").await?;
                Err(DatabaseError::Closed)
            })
        })
        .await;
    effect(&store.db, "kept").await.unwrap();

    assert_eq!(failed, Err(DatabaseError::Closed));
    assert_eq!(effects(&store.db).await, ["kept"]);
}

#[tokio::test]
async fn an_answered_write_is_there_after_the_process_is_gone() {
    let store = Store::new().await;
    effect(&store.db, "kept").await.unwrap();

    // The first database is still open, as the file of a killed process would be: nothing was folded back.
    let again = store.again().await;

    assert_eq!(effects(&again).await, ["kept"]);
}

#[tokio::test]
async fn a_panic_of_a_work_goes_on_in_its_caller_and_spares_the_others() {
    let store = Store::new().await;
    let db = store.db.clone();

    let panicked = tokio::spawn(async move {
        db.write::<(), DatabaseError, _>(|tx| {
            Box::pin(async move {
                insert(tx, "undone").await?;
                panic!("on purpose");
            })
        })
        .await
    })
    .await;

    assert!(panicked.unwrap_err().is_panic());
    effect(&store.db, "kept").await.unwrap();
    assert_eq!(effects(&store.db).await, ["kept"]);
}

#[tokio::test]
async fn a_work_whose_caller_went_away_before_it_began_is_not_done() {
    let store = Store::new().await;
    let (release, held) = hold(&store.db).await;
    let db = store.db.clone();
    let abandoned = queued(vec![async move { effect(&db, "abandoned").await }]).await;
    abandoned.iter().for_each(JoinHandle::abort);
    for gone in abandoned {
        assert!(gone.await.unwrap_err().is_cancelled());
    }

    release.notify_one();
    held.await.unwrap();
    effect(&store.db, "kept").await.unwrap();

    assert_eq!(effects(&store.db).await, ["kept"]);
}

#[tokio::test]
async fn hooks_run_after_the_commit_and_not_after_a_rollback() {
    let store = Store::new().await;
    let (kept, undone) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicBool::new(false)));
    let (keep, undo) = (Arc::clone(&kept), Arc::clone(&undone));

    store
        .db
        .write::<_, DatabaseError, _>(move |tx| {
            Box::pin(async move {
                tx.on_commit(move || keep.store(true, Ordering::SeqCst));
                Ok(())
            })
        })
        .await
        .unwrap();
    // Behind another work, so that it is rolled back to its savepoint while the transaction goes on.
    let (release, held) = hold(&store.db).await;
    let db = store.db.clone();
    let refused = queued(vec![async move {
        db.write::<(), _, _>(move |tx| {
            Box::pin(async move {
                tx.on_commit(move || undo.store(true, Ordering::SeqCst));
                Err(DatabaseError::Closed)
            })
        })
        .await
    }])
    .await;
    release.notify_one();
    held.await.unwrap();
    for write in refused {
        assert_eq!(write.await.unwrap(), Err(DatabaseError::Closed));
    }

    assert!(
        kept.load(Ordering::SeqCst),
        "the hook has run by the time the caller is answered"
    );
    assert!(!undone.load(Ordering::SeqCst));
}

#[tokio::test]
async fn a_work_sees_its_callers_context_and_its_mark_reaches_the_caller() {
    let store = Store::new().await;
    let db = store.db.clone();
    let context = Context::root("tester");
    let original = original::Original {
        request_id: "first".to_owned(),
        at_micros: 7,
    };
    let marked = original.clone();

    let (caller, seen) = context
        .scope(original::capture(db.write::<_, DatabaseError, _>(move |_| {
            Box::pin(async move {
                original::mark(marked);
                Ok(Context::current().caller)
            })
        })))
        .await;

    assert_eq!(caller.unwrap(), "tester");
    assert_eq!(seen, Some(original));
}

#[tokio::test]
async fn closing_does_what_is_queued_and_refuses_what_comes_later() {
    let store = Store::new().await;
    let (release, held) = hold(&store.db).await;
    let db = store.db.clone();
    let before = queued(vec![async move { effect(&db, "before").await }]).await;
    let db = store.db.clone();
    let closing = tokio::spawn(async move { db.close().await });

    release.notify_one();
    held.await.unwrap();
    tokio::time::timeout(Duration::from_secs(10), closing)
        .await
        .unwrap()
        .unwrap();

    for write in before {
        write.await.unwrap().unwrap();
    }
    assert_eq!(effect(&store.db, "late").await, Err(DatabaseError::Closed));
    assert_eq!(effects(&store.again().await).await, ["before"]);
}
