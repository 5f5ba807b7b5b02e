//! Several processes with one subscription, and what a process finds that another one has left.

use std::sync::{Arc, atomic::Ordering};

use shared::{
    Tasks,
    events::{DeadLetterState, LocalFeed, Subscription},
};
use sqlx::Row;
use tokio::sync::Semaphore;

use crate::{
    recorder::{Recorder, effect_of, kept_back, stop, subscribe},
    support::{Store, append, delivered, effects, eventually},
};

#[tokio::test]
async fn what_one_process_keeps_back_no_other_applies() {
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let gate = Arc::new(Semaphore::new(0));
    let slow = Arc::new(Recorder::gated(&store.db, Some(Arc::clone(&gate))));
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&slow) as _, &tasks);
    eventually("at the gate", || async { slow.calls.load(Ordering::SeqCst) == 1 }).await;
    let (other, others) = (store.again().await, Tasks::new());
    let spoilt = Recorder::new(&other);
    spoilt.spoil(1, 1);
    let feed = Arc::new(LocalFeed::new(&other));
    let dead = Subscription::start("tested.tested", feed, &other, spoilt, &others);
    eventually("a dead letter", || async { dead.progress().dead_letters == 1 }).await;
    stop(&others).await;

    append(&store.db, [delivered(1)]).await;
    gate.add_permits(2);
    eventually("both walked", || async { handle.progress().position == 2 }).await;

    assert!(effects(&store.db).await.is_empty());
    let letters = handle.dead_letters().await.unwrap();
    let states: Vec<_> = letters.iter().map(|one| (one.version, one.state)).collect();
    assert_eq!(states, [(1, DeadLetterState::Dead), (2, DeadLetterState::Parked)]);
    stop(&tasks).await;
}

#[tokio::test]
async fn a_process_that_is_behind_does_not_move_the_position_back() {
    let store = Store::new().await;
    append(&store.db, [delivered(1), delivered(1), delivered(1)]).await;
    let gate = Arc::new(Semaphore::new(0));
    let slow = Arc::new(Recorder::gated(&store.db, Some(Arc::clone(&gate))));
    let tasks = Tasks::new();
    let behind = subscribe(&store, Arc::clone(&slow) as _, &tasks);
    eventually("at the gate", || async { slow.calls.load(Ordering::SeqCst) == 1 }).await;
    let (other, others) = (store.again().await, Tasks::new());
    let feed = Arc::new(LocalFeed::new(&other));
    let quick = Subscription::start("tested.tested", feed, &other, Recorder::new(&other), &others);
    eventually("all walked", || async { quick.progress().position == 3 }).await;
    stop(&others).await;

    let stopping = tasks.clone();
    let stopped = tokio::spawn(async move { stop(&stopping).await });
    eventually("told to stop", || async { tasks.is_stopping() }).await;
    gate.add_permits(1);
    stopped.await.unwrap();

    assert_eq!(behind.progress().position, 1);
    let stored: i64 = sqlx::query("SELECT position FROM subscriptions")
        .fetch_one(store.db.readers())
        .await
        .unwrap()
        .get(0);
    assert_eq!(stored, 3);
    assert_eq!(effects(&store.db).await.len(), 3);
}

#[tokio::test]
async fn a_letter_that_a_crash_left_parked_is_tried_again_by_itself() {
    let (store, recorder) = kept_back().await;
    // As if the first had been applied right before the crash.
    let removed = store.db.write::<_, shared::DatabaseError, _>(|tx| {
        Box::pin(async move {
            sqlx::query("DELETE FROM dead_letters WHERE state = 'dead'")
                .execute(tx.connection())
                .await?;
            Ok(())
        })
    });
    removed.await.unwrap();

    let tasks = Tasks::new();
    let handle = subscribe(&store, recorder, &tasks);
    eventually("no letters", || async {
        handle.progress().dead_letters == 0 && effects(&store.db).await.len() == 2
    })
    .await;

    assert_eq!(effects(&store.db).await, [effect_of(1, 2), effect_of(1, 3)]);
    stop(&tasks).await;
}
