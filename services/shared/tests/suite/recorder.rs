//! Helpers for the tests of subscriptions: a handler that leaves a trace, and its subscription.

use std::{
    collections::{BTreeSet, HashMap},
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicUsize, Ordering},
    },
    time::Duration,
};

use commerce::DomainEvent;
use shared::{
    Database, Tasks,
    events::{Delivery, Handler, HandlerError, LocalFeed, Subscription, SubscriptionHandle},
};
use sqlx::Row;
use tokio::sync::Semaphore;

use crate::support::{Store, append, delivered, eventually, insert, order_id};

/// Writes one effect per event, `aggregate/version`, and can be told to fail.
pub(crate) struct Recorder {
    db: Database,
    /// The handler waits for a permit before its write: one per event.
    gate: Option<Arc<Semaphore>>,
    poison: Mutex<BTreeSet<(String, i64)>>,
    pub(crate) unavailable: AtomicBool,
    pub(crate) calls: AtomicUsize,
    running: Mutex<HashMap<String, usize>>,
    pub(crate) overlapped: AtomicBool,
    pub(crate) widest: AtomicUsize,
}

impl Recorder {
    pub(crate) fn new(db: &Database) -> Arc<Self> {
        Arc::new(Self::gated(db, None))
    }

    pub(crate) fn gated(db: &Database, gate: Option<Arc<Semaphore>>) -> Self {
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

/// The effect that a [`Recorder`] writes for an event.
pub(crate) fn name(event: &DomainEvent) -> String {
    format!("{}/{}", event.aggregate_id, event.version)
}

pub(crate) fn effect_of(order: u128, version: i64) -> String {
    format!("{}/{version}", order_id(order))
}

pub(crate) fn subscribe(store: &Store, handler: Arc<dyn Handler>, tasks: &Tasks) -> SubscriptionHandle {
    let feed = Arc::new(LocalFeed::new(&store.db));
    Subscription::start("tested.tested", feed, &store.db, handler, tasks)
}

/// A store with three events of the first aggregate, as a process that has stopped left it: the first event is spoilt,
/// and all are kept back.
pub(crate) async fn kept_back() -> (Store, Arc<Recorder>) {
    let store = Store::new().await;
    append(&store.db, [delivered(1), delivered(1), delivered(1)]).await;
    let recorder = Recorder::new(&store.db);
    recorder.spoil(1, 1);
    let tasks = Tasks::new();
    let handle = subscribe(&store, Arc::clone(&recorder) as _, &tasks);
    eventually("all kept back", || async { handle.progress().dead_letters == 3 }).await;
    stop(&tasks).await;
    (store, recorder)
}

pub(crate) async fn stop(tasks: &Tasks) {
    tasks.stop(Duration::from_secs(10)).await.unwrap();
}

pub(crate) async fn inbox_rows(db: &Database) -> i64 {
    sqlx::query("SELECT COUNT(*) FROM inbox")
        .fetch_one(db.readers())
        .await
        .unwrap()
        .get(0)
}
