use std::{
    collections::BTreeSet,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};

use shared::{
    Tasks,
    events::{Delivery, Handler, HandlerError, LocalFeed, Subscription},
};
use tokio::sync::Semaphore;

use crate::{
    recorder::{Recorder, effect_of, inbox_rows, stop, subscribe},
    support::{Store, append, delivered, effects, eventually, order_id},
};

#[tokio::test]
async fn each_event_takes_effect_once_across_restarts() {
    let store = Store::new().await;
    append(&store.db, (0..5).map(delivered)).await;
    let tasks = Tasks::new();
    subscribe(&store, Recorder::new(&store.db), &tasks);
    eventually("five effects", || async { effects(&store.db).await.len() == 5 }).await;
    stop(&tasks).await;

    append(&store.db, (0..5).map(delivered)).await;
    let tasks = Tasks::new();
    let again = Recorder::new(&store.db);
    subscribe(&store, Arc::clone(&again) as _, &tasks);
    eventually("ten effects", || async { effects(&store.db).await.len() == 10 }).await;
    stop(&tasks).await;

    let distinct: BTreeSet<_> = effects(&store.db).await.into_iter().collect();
    assert_eq!(distinct.len(), 10, "no event took effect twice");
    assert_eq!(
        again.calls.load(Ordering::SeqCst),
        5,
        "the position was kept: old events are not even handed over"
    );
}

#[tokio::test]
async fn one_aggregate_keeps_its_order_while_others_run_beside_it() {
    let store = Store::new().await;
    let events = (0..10).flat_map(|_| (0..20).map(delivered));
    append(&store.db, events).await;
    let tasks = Tasks::new();
    let recorder = Recorder::new(&store.db);
    subscribe(&store, Arc::clone(&recorder) as _, &tasks);

    eventually("all effects", || async { effects(&store.db).await.len() == 200 }).await;
    stop(&tasks).await;

    let all = effects(&store.db).await;
    for order in 0..20 {
        let own: Vec<_> = all
            .iter()
            .filter(|what| what.starts_with(&order_id(order).to_string()))
            .cloned()
            .collect();
        assert_eq!(
            own,
            (1..=10).map(|version| effect_of(order, version)).collect::<Vec<_>>()
        );
    }
    assert!(
        !recorder.overlapped.load(Ordering::SeqCst),
        "two events of one aggregate were handled at once"
    );
    assert!(
        recorder.widest.load(Ordering::SeqCst) > 5,
        "aggregates ran one after the other"
    );
}

#[tokio::test]
async fn events_done_out_of_order_are_not_done_again_after_a_crash() {
    let store = Store::new().await;
    append(&store.db, (0..3).map(delivered)).await;
    // The first event is unavailable for ever, the others are done: then the process dies with nothing said.
    let stuck = Arc::new(StuckOnFirst(Recorder::gated(&store.db, None)));
    let tasks = Tasks::new();
    let handle = subscribe(&store, stuck, &tasks);
    eventually("the two others", || async { effects(&store.db).await.len() == 2 }).await;
    assert_eq!(inbox_rows(&store.db).await, 2);
    assert_eq!(handle.progress().position, 0);
    assert!(handle.check().unwrap_err().contains("stuck for the test"));
    let shown = handle.readiness().unwrap_err();
    assert!(shown.starts_with("an event waits: "), "{shown}");
    stop(&tasks).await;

    let tasks = Tasks::new();
    let again = Recorder::new(&store.db);
    let handle = subscribe(&store, Arc::clone(&again) as _, &tasks);
    eventually("the first", || async {
        effects(&store.db).await.len() == 3 && handle.progress().position == 3
    })
    .await;
    append(&store.db, [delivered(9)]).await;
    eventually("the next", || async { effects(&store.db).await.len() == 4 }).await;
    stop(&tasks).await;

    let wanted = [(1, 1), (2, 1), (0, 1), (9, 1)].map(|(order, version)| effect_of(order, version));
    let got: BTreeSet<_> = effects(&store.db).await.into_iter().collect();
    assert_eq!(got, wanted.into_iter().collect());
    assert_eq!(
        inbox_rows(&store.db).await,
        0,
        "rows go once the position has passed them"
    );
}

struct StuckOnFirst(Recorder);

#[seam::async_trait]
impl Handler for StuckOnFirst {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        if delivery.event().aggregate_id == order_id(0).to_string() {
            return Err(HandlerError::Unavailable("stuck for the test".to_owned()));
        }
        self.0.handle(delivery).await
    }
}

#[tokio::test]
async fn an_effect_whose_handler_was_cut_after_the_commit_is_not_repeated() {
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let tasks = Tasks::new();
    // The effect is committed, but the subscription never hears it, as if the process had died right then.
    subscribe(
        &store,
        Arc::new(CutAfterCommit(Recorder::gated(&store.db, None))),
        &tasks,
    );
    eventually("the effect", || async { effects(&store.db).await.len() == 1 }).await;

    let reopened = store.again().await;
    let recorder = Recorder::new(&reopened);
    let feed = Arc::new(LocalFeed::new(&reopened));
    let others = Tasks::new();
    let handle = Subscription::start("tested.tested", feed, &reopened, Arc::clone(&recorder) as _, &others);
    append(&store.db, [delivered(2)]).await;
    append(&reopened, [delivered(3)]).await;
    eventually("the others", || async { handle.progress().position == 3 }).await;

    let wanted: BTreeSet<_> = [1, 2, 3].map(|order| effect_of(order, 1)).into();
    let got = effects(&reopened).await;
    assert_eq!(got.len(), 3, "{got:?}");
    assert_eq!(got.into_iter().collect::<BTreeSet<_>>(), wanted);
    stop(&others).await;
}

struct CutAfterCommit(Recorder);

#[seam::async_trait]
impl Handler for CutAfterCommit {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        self.0.handle(delivery).await?;
        std::future::pending().await
    }
}

#[tokio::test]
async fn two_processes_with_the_same_subscription_apply_each_event_once() {
    let store = Store::new().await;
    append(&store.db, (0..5).flat_map(|_| (0..20).map(delivered))).await;
    let other = store.again().await;
    let tasks = Tasks::new();
    let handles = [&store.db, &other].map(|db| {
        let feed = Arc::new(LocalFeed::new(db));
        Subscription::start("tested.tested", feed, db, Recorder::new(db), &tasks)
    });

    eventually("both are through", || async {
        handles.iter().all(|handle| handle.progress().position == 100)
    })
    .await;

    let all = effects(&store.db).await;
    assert_eq!(all.len(), 100);
    assert_eq!(all.into_iter().collect::<BTreeSet<_>>().len(), 100);
    stop(&tasks).await;
}

#[tokio::test]
async fn events_of_one_commit_need_no_inbox_rows() {
    let store = Store::new().await;
    append(&store.db, (0..32).map(delivered)).await;
    let gate = Arc::new(Semaphore::new(0));
    let tasks = Tasks::new();
    let recorder = Arc::new(Recorder::gated(&store.db, Some(Arc::clone(&gate))));
    subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("all at the gate", || async {
        recorder.calls.load(Ordering::SeqCst) == 32
    })
    .await;
    let before = store.db.stats();

    gate.add_permits(32);
    eventually("all effects", || async { effects(&store.db).await.len() == 32 }).await;
    // A reader sees a commit before the writer has counted it.
    eventually("one write for each event", || async {
        store.db.stats().writes - before.writes == 32
    })
    .await;

    let after = store.db.stats();
    assert!(
        after.commits - before.commits < 16,
        "{} commits for 32 events",
        after.commits - before.commits
    );
    assert_eq!(inbox_rows(&store.db).await, 0);
    stop(&tasks).await;
}

#[tokio::test]
async fn events_that_mean_nothing_cost_no_commit_and_are_not_read_again_after_a_clean_stop() {
    struct Deaf(AtomicUsize);
    #[seam::async_trait]
    impl Handler for Deaf {
        async fn handle(&self, _: Delivery) -> Result<(), HandlerError> {
            self.0.fetch_add(1, Ordering::SeqCst);
            Ok(())
        }
    }
    let store = Store::new().await;
    append(&store.db, (0..10).map(delivered)).await;
    let deaf = Arc::new(Deaf(AtomicUsize::new(0)));
    let tasks = Tasks::new();
    let before = store.db.stats().commits;
    let handle = subscribe(&store, Arc::clone(&deaf) as _, &tasks);
    eventually("all walked", || async { handle.progress().position == 10 }).await;
    assert_eq!(
        store.db.stats().commits - before,
        1,
        "one, for the subscription's own row at the start"
    );
    stop(&tasks).await;

    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&deaf) as _, &tasks);
    append(&store.db, [delivered(11)]).await;
    eventually("the new one", || async { handle.progress().position == 11 }).await;
    stop(&tasks).await;

    assert_eq!(deaf.0.load(Ordering::SeqCst), 11);
}

#[tokio::test]
async fn what_is_unavailable_is_tried_until_it_is_back_and_shown_meanwhile() {
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let recorder = Recorder::new(&store.db);
    recorder.unavailable.store(true, Ordering::SeqCst);
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("a few tries", || async { recorder.calls.load(Ordering::SeqCst) > 3 }).await;
    assert!(handle.check().unwrap_err().contains("down for the test"));
    let shown = handle.readiness().unwrap_err();
    assert!(shown.starts_with("an event waits: "), "{shown}");
    assert!(handle.dead_letters().await.unwrap().is_empty());

    recorder.unavailable.store(false, Ordering::SeqCst);

    eventually("the effect", || async { effects(&store.db).await.len() == 1 }).await;
    eventually("no trouble", || async { handle.check().is_ok() }).await;
    stop(&tasks).await;
}

#[tokio::test]
async fn a_stop_waits_for_the_handler_that_is_at_work() {
    let store = Store::new().await;
    append(&store.db, [delivered(1)]).await;
    let gate = Arc::new(Semaphore::new(0));
    let tasks = Tasks::new();
    let recorder = Arc::new(Recorder::gated(&store.db, Some(Arc::clone(&gate))));
    subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("at the gate", || async { recorder.calls.load(Ordering::SeqCst) == 1 }).await;

    let stopping = tasks.clone();
    let stopped = tokio::spawn(async move { stopping.stop(Duration::from_secs(10)).await });
    eventually("told to stop", || async { tasks.is_stopping() }).await;
    gate.add_permits(1);

    stopped.await.unwrap().unwrap();
    assert_eq!(effects(&store.db).await, [effect_of(1, 1)]);
}
