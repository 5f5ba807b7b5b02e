//! Claims about a subscription whose feed moves to another log, in which the same events stand in another order.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, atomic::Ordering},
    time::Duration,
};

use commerce::{Batch, EventFeed, FeedError};
use shared::{
    Database, DatabaseError, Tasks,
    events::{DeadLetterState, Handler, LocalFeed, Subscription, SubscriptionHandle},
};
use tokio::sync::Semaphore;

use crate::{
    recorder::{Recorder, effect_of, stop},
    support::{Store, append, delivered, effects, eventually, order_id},
};

/// A feed that is taken from one log to another while it is read, and that can hide events.
struct Movable {
    log: Mutex<LocalFeed>,
    hidden: Mutex<Option<(String, i64)>>,
}

impl Movable {
    fn at(db: &Database) -> Arc<Self> {
        Arc::new(Self {
            log: Mutex::new(LocalFeed::new(db)),
            hidden: Mutex::default(),
        })
    }

    fn move_to(&self, db: &Database) {
        *self.log.lock().unwrap() = LocalFeed::new(db);
    }
}

#[seam::async_trait]
impl EventFeed for Movable {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let log = self.log.lock().unwrap().clone();
        let mut batch = log
            .read_events(after, limit, wait.min(Duration::from_millis(20)))
            .await?;
        let hidden = self.hidden.lock().unwrap().clone();
        batch
            .events
            .retain(|one| hidden != Some((one.event.aggregate_id.clone(), one.event.version)));
        Ok(batch)
    }
}

/// Two logs with the same events, and the follower's own database.
struct World {
    here: Store,
    there: Store,
    follower: Store,
    feed: Arc<Movable>,
}

impl World {
    /// Both logs have three events of each of three aggregates, in different orders.
    async fn new() -> Self {
        let (here, there) = (Store::new().await, Store::new().await);
        append(&here.db, (0..9).map(|number| delivered(number % 3))).await;
        append(&there.db, (0..9).map(|number| delivered(2 - number / 3))).await;
        let feed = Movable::at(&here.db);
        Self {
            here,
            there,
            follower: Store::new().await,
            feed,
        }
    }

    fn follow(&self, handler: Arc<dyn Handler>, tasks: &Tasks) -> SubscriptionHandle {
        let feed: Arc<dyn EventFeed> = self.feed.clone();
        Subscription::start("tested.moving", feed, &self.follower.db, handler, tasks)
    }

    async fn applied(&self, count: usize) {
        eventually("so many effects", || async {
            effects(&self.follower.db).await.len() >= count
        })
        .await;
    }

    /// Asserts that each of `versions` events of each of `aggregates` has taken effect once, in the order of its
    /// aggregate.
    async fn assert_each_once(&self, aggregates: u128, versions: i64) {
        let all = effects(&self.follower.db).await;
        for order in 0..aggregates {
            let name = order_id(order).to_string();
            let own: Vec<&String> = all.iter().filter(|what| what.starts_with(&name)).collect();
            let wanted: Vec<String> = (1..=versions).map(|version| effect_of(order, version)).collect();
            assert_eq!(own, wanted.iter().collect::<Vec<_>>(), "{all:?}");
        }
        assert_eq!(
            all.len(),
            usize::try_from(aggregates).unwrap() * usize::try_from(versions).unwrap()
        );
    }
}

#[tokio::test]
async fn a_log_with_the_same_events_is_followed_without_losing_or_repeating_one_and_so_is_the_first_one_again() {
    let world = World::new().await;
    let tasks = Tasks::new();
    let recorder = Recorder::new(&world.follower.db);
    world.follow(Arc::clone(&recorder) as _, &tasks);
    world.applied(9).await;

    append(&world.there.db, (0..3).map(delivered)).await;
    world.feed.move_to(&world.there.db);
    world.applied(12).await;
    world.assert_each_once(3, 4).await;

    append(&world.here.db, (0..6).map(|number| delivered(number % 3))).await;
    world.feed.move_to(&world.here.db);
    world.applied(15).await;
    world.assert_each_once(3, 5).await;
    stop(&tasks).await;
    assert_eq!(
        recorder.calls.load(Ordering::SeqCst),
        15,
        "what was applied is not even handed over"
    );
}

#[tokio::test]
async fn a_move_while_nobody_reads_is_noticed_at_the_next_start() {
    let world = World::new().await;
    append(&world.there.db, (0..3).map(delivered)).await;
    append(&world.there.db, (0..3).map(delivered)).await;
    append(&world.here.db, (0..3).map(delivered)).await;
    for (db, last) in [(&world.here.db, 12), (&world.there.db, 15), (&world.here.db, 12)] {
        let tasks = Tasks::new();
        world.feed.move_to(db);
        let handle = world.follow(Recorder::new(&world.follower.db), &tasks);
        eventually("all walked", || async { handle.progress().position == last }).await;
        stop(&tasks).await;
    }

    world.assert_each_once(3, 5).await;
}

#[tokio::test]
async fn events_that_are_worked_on_while_the_log_changes_take_effect_once() {
    let world = World::new().await;
    let gate = Arc::new(Semaphore::new(4));
    let slow = Arc::new(Recorder::gated(&world.follower.db, Some(Arc::clone(&gate))));
    let tasks = Tasks::new();
    let handle = world.follow(Arc::clone(&slow) as _, &tasks);
    world.applied(4).await;
    eventually("the rest is at the gate", || async {
        slow.calls.load(Ordering::SeqCst) >= 6
    })
    .await;

    world.feed.move_to(&world.there.db);
    // Two more calls show that the other log has begun: what was at the gate there is cut off.
    eventually("the other log is at the gate", || async {
        slow.calls.load(Ordering::SeqCst) >= 8
    })
    .await;
    gate.add_permits(1_000);
    eventually("all walked", || async { handle.progress().position == 9 }).await;
    append(&world.there.db, [delivered(0), delivered(1), delivered(2)]).await;
    eventually("all walked", || async { handle.progress().position == 12 }).await;
    stop(&tasks).await;

    world.assert_each_once(3, 4).await;
    assert_eq!(handle.progress().in_flight, 0);
}

#[tokio::test]
async fn two_processes_that_follow_different_logs_apply_an_event_once() {
    let world = World::new().await;
    let gates = [0, 1].map(|_| Arc::new(Semaphore::new(0)));
    let mut recorders = Vec::new();
    let mut handles = Vec::new();
    let tasks = Tasks::new();
    for (gate, store) in gates.iter().zip([&world.here, &world.there]) {
        let recorder = Arc::new(Recorder::gated(&world.follower.db, Some(Arc::clone(gate))));
        let feed: Arc<dyn EventFeed> = Movable::at(&store.db);
        let (db, handler) = (&world.follower.db, Arc::clone(&recorder) as _);
        handles.push(Subscription::start("tested.moving", feed, db, handler, &tasks));
        recorders.push(recorder);
    }
    for recorder in &recorders {
        eventually("the first events are at the gate", || async {
            recorder.calls.load(Ordering::SeqCst) == 3
        })
        .await;
    }

    gates.iter().for_each(|gate| gate.add_permits(1_000));

    for handle in &handles {
        eventually("all walked", || async { handle.progress().position == 9 }).await;
    }
    stop(&tasks).await;
    world.assert_each_once(3, 3).await;
}

#[tokio::test]
async fn a_dead_letter_goes_along_to_the_other_log_and_holds_its_aggregate_up_there() {
    let world = World::new().await;
    let recorder = Recorder::new(&world.follower.db);
    recorder.spoil(1, 2);
    let tasks = Tasks::new();
    let handle = world.follow(Arc::clone(&recorder) as _, &tasks);
    eventually("two letters", || async { handle.progress().dead_letters == 2 }).await;
    world.applied(7).await;

    append(&world.there.db, (0..3).map(delivered)).await;
    world.feed.move_to(&world.there.db);
    world.applied(9).await;
    eventually("all walked", || async { handle.progress().position == 12 }).await;
    let letters = handle.dead_letters().await.unwrap();
    let dead = letters.iter().find(|one| one.state == DeadLetterState::Dead).unwrap();
    recorder.cure();
    assert!(handle.retry(dead.event_id).await.unwrap());
    world.applied(12).await;
    stop(&tasks).await;

    let kept: BTreeSet<i64> = letters.iter().map(|one| one.version).collect();
    assert_eq!((dead.version, kept, letters.len()), (2, [2, 3, 4].into(), 3));
    world.assert_each_once(3, 4).await;
}

#[tokio::test]
async fn an_event_that_was_missing_in_the_first_log_comes_from_the_other_one() {
    let world = World::new().await;
    *world.feed.hidden.lock().unwrap() = Some((order_id(2).to_string(), 2));
    let tasks = Tasks::new();
    let handle = world.follow(Recorder::new(&world.follower.db), &tasks);
    eventually("a gap", || async { handle.progress().dead_letters == 1 }).await;

    *world.feed.hidden.lock().unwrap() = None;
    world.feed.move_to(&world.there.db);
    world.applied(9).await;
    stop(&tasks).await;

    world.assert_each_once(3, 3).await;
}

#[tokio::test]
async fn an_event_that_is_missing_in_both_logs_is_searched_from_the_first_event_of_the_one_that_is_followed() {
    let world = World::new().await;
    *world.feed.hidden.lock().unwrap() = Some((order_id(2).to_string(), 2));
    let tasks = Tasks::new();
    let handle = world.follow(Recorder::new(&world.follower.db), &tasks);
    eventually("a gap", || async { handle.progress().dead_letters == 1 }).await;
    append(&world.there.db, [delivered(0), delivered(1)]).await;
    world.feed.move_to(&world.there.db);
    eventually("all walked", || async { handle.progress().position == 11 }).await;
    let held = effects(&world.follower.db).await;

    *world.feed.hidden.lock().unwrap() = None;
    append(&world.there.db, [delivered(2)]).await;
    world.applied(12).await;
    stop(&tasks).await;

    assert_eq!(held.len(), 9, "{held:?}");
    world.assert_each_once(3, 4).await;
}

#[tokio::test]
async fn progress_from_before_logs_had_names_goes_on_in_its_log_and_another_log_is_refused() {
    let world = World::new().await;
    let tasks = Tasks::new();
    world.follow(Recorder::new(&world.follower.db), &tasks);
    world.applied(9).await;
    stop(&tasks).await;
    // As the migration leaves it.
    for change in [
        "UPDATE subscriptions SET log = '', versioned = 0",
        "UPDATE inbox SET log = ''",
        "DELETE FROM applied_versions",
    ] {
        let changed = world.follower.db.write::<_, DatabaseError, _>(move |tx| {
            Box::pin(async move {
                sqlx::query(change).execute(tx.connection()).await?;
                Ok(())
            })
        });
        changed.await.unwrap();
    }

    let tasks = Tasks::new();
    let handle = world.follow(Recorder::new(&world.follower.db), &tasks);
    append(&world.here.db, (0..3).map(delivered)).await;
    world.applied(12).await;
    append(&world.there.db, (0..6).map(|number| delivered(number % 3))).await;
    world.feed.move_to(&world.there.db);
    eventually("the other log is refused", || async {
        handle
            .check()
            .is_err_and(|reason| reason.contains("let it read the log that it has read until now"))
    })
    .await;
    world.feed.move_to(&world.here.db);
    append(&world.here.db, (0..3).map(delivered)).await;
    world.applied(15).await;
    eventually("it makes progress again", || async { handle.check().is_ok() }).await;
    stop(&tasks).await;

    world.assert_each_once(3, 5).await;
}
