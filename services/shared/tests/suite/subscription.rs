use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use commerce::{DomainEvent, EventFeed, FeedError, RecordedEvent};
use shared::{
    Database, DatabaseError, Tasks,
    events::{Delivery, Handler, HandlerError, LocalFeed, Subscription, SubscriptionHandle},
};
use sqlx::Row;
use tokio::{sync::Semaphore, time::Instant};

use crate::support::{Store, append, delivered, effects, eventually, insert, order_id};

/// Writes one effect per event, `aggregate/version`, and can be told to fail.
pub(crate) struct Recorder {
    pub(crate) db: Database,
    /// The handler waits for a permit before its write: one per event.
    gate: Option<Arc<Semaphore>>,
    pub(crate) poison: Mutex<BTreeSet<(String, i64)>>,
    unavailable: AtomicBool,
    calls: AtomicUsize,
    running: Mutex<HashMap<String, usize>>,
    overlapped: AtomicBool,
    widest: AtomicUsize,
}

impl Recorder {
    pub(crate) fn new(db: &Database) -> Arc<Self> {
        Arc::new(Self::gated(db, None))
    }

    fn gated(db: &Database, gate: Option<Arc<Semaphore>>) -> Self {
        Self {
            db: db.clone(),
            gate,
            poison: Mutex::default(),
            unavailable: AtomicBool::new(false),
            calls: AtomicUsize::new(0),
            running: Mutex::default(),
            overlapped: AtomicBool::new(false),
            widest: AtomicUsize::new(0),
        }
    }

    pub(crate) fn spoil(&self, order: u128, version: i64) {
        self.poison
            .lock()
            .unwrap()
            .insert((order_id(order).to_string(), version));
    }

    pub(crate) fn cure(&self) {
        self.poison.lock().unwrap().clear();
    }

    fn enter(&self, aggregate: &str) {
        let mut running = self.running.lock().unwrap();
        *running.entry(aggregate.to_owned()).or_default() += 1;
        if running[aggregate] > 1 {
            self.overlapped.store(true, Ordering::SeqCst);
        }
        let wide = running.values().sum();
        self.widest.fetch_max(wide, Ordering::SeqCst);
    }

    fn leave(&self, aggregate: &str) {
        *self.running.lock().unwrap().get_mut(aggregate).unwrap() -= 1;
    }

    async fn apply(&self, delivery: Delivery) -> Result<(), HandlerError> {
        self.calls.fetch_add(1, Ordering::SeqCst);
        let event = delivery.event();
        if self.unavailable.load(Ordering::SeqCst) {
            return Err(HandlerError::Unavailable("down for the test".to_owned()));
        }
        if self
            .poison
            .lock()
            .unwrap()
            .contains(&(event.aggregate_id.clone(), event.version))
        {
            return Err(HandlerError::Poison("spoilt for the test".to_owned()));
        }
        if let Some(gate) = &self.gate {
            gate.acquire().await.unwrap().forget();
        }
        let what = name(event);
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    if !delivery.record(tx).await? {
                        return Ok(());
                    }
                    insert(tx, &what).await?;
                    Ok(())
                })
            })
            .await
    }
}

#[seam::async_trait]
impl Handler for Recorder {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let aggregate = delivery.event().aggregate_id.clone();
        self.enter(&aggregate);
        let outcome = self.apply(delivery).await;
        self.leave(&aggregate);
        outcome
    }
}

/// What a [`Recorder`] writes for an event.
fn name(event: &DomainEvent) -> String {
    format!("{}/{}", event.aggregate_id, event.version)
}

pub(crate) fn effect_of(order: u128, version: i64) -> String {
    format!("{}/{version}", order_id(order))
}

pub(crate) fn subscribe(store: &Store, handler: Arc<dyn Handler>, tasks: &Tasks) -> SubscriptionHandle {
    let feed = Arc::new(LocalFeed::new(&store.db));
    Subscription::start("tested.tested", feed, &store.db, handler, tasks)
}

async fn stop(tasks: &Tasks) {
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

async fn inbox_rows(db: &Database) -> i64 {
    sqlx::query("SELECT COUNT(*) FROM inbox")
        .fetch_one(db.readers())
        .await
        .unwrap()
        .get(0)
}

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

    let after = store.db.stats();
    assert_eq!(after.writes - before.writes, 32);
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
    assert!(handle.dead_letters().await.unwrap().is_empty());

    recorder.unavailable.store(false, Ordering::SeqCst);

    eventually("the effect", || async { effects(&store.db).await.len() == 1 }).await;
    eventually("no trouble", || async { handle.check().is_ok() }).await;
    stop(&tasks).await;
}

/// A feed that hides some of its events until it is told to show them, as a log whose positions become visible out of order.
struct Hiding {
    feed: LocalFeed,
    hidden: Mutex<BTreeSet<i64>>,
}

#[seam::async_trait]
impl EventFeed for Hiding {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        let events = self
            .feed
            .read_events(after, limit, wait.min(Duration::from_millis(50)))
            .await?;
        let hidden = self.hidden.lock().unwrap();
        Ok(events
            .into_iter()
            .filter(|event| !hidden.contains(&event.position))
            .collect())
    }
}

#[tokio::test]
async fn an_event_that_comes_before_its_predecessor_waits_until_that_one_appears() {
    let store = Store::new().await;
    append(
        &store.db,
        [delivered(1), delivered(1), delivered(1), delivered(2), delivered(1)],
    )
    .await;
    let feed = Arc::new(Hiding {
        feed: LocalFeed::new(&store.db),
        hidden: Mutex::new([2].into()),
    });
    let tasks = Tasks::new();
    let recorder = Recorder::new(&store.db);
    let handle = Subscription::start(
        "tested.tested",
        Arc::clone(&feed) as _,
        &store.db,
        Arc::clone(&recorder) as _,
        &tasks,
    );
    eventually("two kept back", || async { handle.progress().dead_letters == 2 }).await;
    eventually("the other aggregate", || async { effects(&store.db).await.len() == 2 }).await;
    assert_eq!(handle.progress().position, 5, "other aggregates go on");
    let first: BTreeSet<_> = effects(&store.db).await.into_iter().collect();
    assert_eq!(
        first,
        [effect_of(1, 1), effect_of(2, 1)].into(),
        "version 3 must not be applied before version 2"
    );

    // The process restarts in between: what is missing is remembered.
    stop(&tasks).await;
    let tasks = Tasks::new();
    let handle = Subscription::start("tested.tested", Arc::clone(&feed) as _, &store.db, recorder, &tasks);
    feed.hidden.lock().unwrap().clear();

    eventually("all five", || async { effects(&store.db).await.len() == 5 }).await;
    let all = effects(&store.db).await;
    let own: Vec<_> = all
        .into_iter()
        .filter(|what| what.starts_with(&order_id(1).to_string()))
        .collect();
    assert_eq!(own, (1..=4).map(|version| effect_of(1, version)).collect::<Vec<_>>());
    eventually("no letters", || async { handle.progress().dead_letters == 0 }).await;
    stop(&tasks).await;
}

/// A feed that is down until it is told to come up, and then has nothing new for as long as a reader waits.
struct Quiet {
    up: AtomicBool,
}

#[seam::async_trait]
impl EventFeed for Quiet {
    async fn read_events(&self, _: i64, _: u32, wait: Duration) -> Result<Vec<RecordedEvent>, FeedError> {
        if !self.up.load(Ordering::SeqCst) {
            return Err(FeedError::Unreadable("down for the test".to_owned()));
        }
        tokio::time::sleep(wait).await;
        Ok(Vec::new())
    }
}

#[tokio::test]
async fn a_feed_that_is_back_is_known_to_be_back_before_it_has_an_event() {
    let store = Store::new().await;
    let feed = Arc::new(Quiet {
        up: AtomicBool::new(false),
    });
    let tasks = Tasks::new();
    let recorder = Recorder::new(&store.db);
    let handle = Subscription::start("tested.tested", Arc::clone(&feed) as _, &store.db, recorder, &tasks);
    eventually("trouble", || async {
        handle.check().is_err_and(|reason| reason.contains("down for the test"))
    })
    .await;
    let back = Instant::now();

    feed.up.store(true, Ordering::SeqCst);
    eventually("no trouble", || async { handle.check().is_ok() }).await;

    assert!(
        back.elapsed() < Duration::from_secs(5),
        "{:?}: as long as a poll waits",
        back.elapsed()
    );
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

#[tokio::test]
async fn the_log_numbers_the_events_of_each_aggregate_and_refuses_none() {
    let store = Store::new().await;
    append(&store.db, [delivered(1), delivered(2), delivered(1)]).await;

    let events = LocalFeed::new(&store.db)
        .read_events(0, 10, Duration::ZERO)
        .await
        .unwrap();

    let seen: Vec<_> = events.iter().map(|one| (one.position, name(&one.event))).collect();
    let wanted = [(1, effect_of(1, 1)), (2, effect_of(2, 1)), (3, effect_of(1, 2))];
    assert_eq!(seen, wanted);
    assert!(
        LocalFeed::new(&store.db)
            .read_events(0, 0, Duration::ZERO)
            .await
            .is_err()
    );
}

#[tokio::test]
async fn an_event_of_a_write_that_fails_is_never_seen() {
    let store = Store::new().await;
    let failed = store
        .db
        .write::<(), _, _>(|tx| {
            Box::pin(async move {
                shared::events::append(tx, "tested", &delivered(1)).await?;
                Err(DatabaseError::Closed)
            })
        })
        .await;
    append(&store.db, [delivered(1)]).await;

    let events = LocalFeed::new(&store.db)
        .read_events(0, 10, Duration::ZERO)
        .await
        .unwrap();

    assert!(failed.is_err());
    assert_eq!(events.len(), 1);
    assert_eq!(events[0].event.version, 1, "the version was not used up");
}

#[tokio::test]
async fn a_waiting_reader_is_woken_by_the_commit() {
    let store = Store::new().await;
    let feed = LocalFeed::new(&store.db);
    let reading = tokio::spawn(async move { feed.read_events(0, 10, Duration::from_secs(30)).await });

    append(&store.db, [delivered(1)]).await;

    let events = tokio::time::timeout(Duration::from_secs(10), reading)
        .await
        .unwrap()
        .unwrap()
        .unwrap();
    assert_eq!(events.len(), 1);
}
