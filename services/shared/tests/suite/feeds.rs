//! Subscriptions to feeds that misbehave.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex,
        atomic::{AtomicBool, AtomicU32, Ordering},
    },
    time::Duration,
};

use commerce::{Batch, EventFeed, FeedError};
use shared::{
    Tasks,
    events::{LocalFeed, Subscription},
};
use tokio::time::Instant;
use uuid::Uuid;

use crate::{
    recorder::{Recorder, effect_of, stop},
    support::{Store, append, delivered, effects, eventually, order_id},
};

/// A feed that hides some of its events until it is told to show them, as a log whose positions become visible out
/// of order.
struct Hiding {
    feed: LocalFeed,
    hidden: Mutex<BTreeSet<i64>>,
    /// The most that it was ever asked for at once.
    most: AtomicU32,
}

#[seam::async_trait]
impl EventFeed for Hiding {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        self.most.fetch_max(limit, Ordering::SeqCst);
        let mut batch = self
            .feed
            .read_events(after, limit, wait.min(Duration::from_millis(50)))
            .await?;
        let hidden = self.hidden.lock().unwrap();
        batch.events.retain(|event| !hidden.contains(&event.position));
        Ok(batch)
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
        most: AtomicU32::new(0),
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
    // The largest event, an order of a hundred lines, has less than 32 KiB, and a client takes 8 MiB.
    assert!(feed.most.load(Ordering::SeqCst) <= 256);
    stop(&tasks).await;
}

/// A feed that is down until it is told to come up, and then has nothing new for as long as a reader waits.
struct Quiet {
    up: AtomicBool,
}

#[seam::async_trait]
impl EventFeed for Quiet {
    async fn read_events(&self, _: i64, _: u32, wait: Duration) -> Result<Batch, FeedError> {
        if !self.up.load(Ordering::SeqCst) {
            return Err(FeedError::Unreadable("down for the test".to_owned()));
        }
        tokio::time::sleep(wait).await;
        Ok(Batch {
            log: Uuid::nil(),
            events: Vec::new(),
        })
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
    let shown = handle.readiness().unwrap_err();
    assert!(shown.starts_with("the feed can't be read (for "), "{shown}");
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

/// A feed whose pages show each event twice and the last one first, and begin again with what was read.
struct Muddled {
    feed: LocalFeed,
}

#[seam::async_trait]
impl EventFeed for Muddled {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let before = (after - 3).max(0);
        let wait = wait.min(Duration::from_millis(50));
        // The wait is for an event that is new.
        let new = self.feed.read_events(after, limit, wait).await?;
        let mut page = self.feed.read_events(before, limit, Duration::ZERO).await?;
        page.events.extend(new.events);
        page.events.reverse();
        Ok(page)
    }
}

#[tokio::test]
async fn pages_out_of_order_with_copies_and_what_was_read_lose_and_repeat_nothing() {
    let store = Store::new().await;
    append(&store.db, (1..=20).map(delivered)).await;
    append(&store.db, (1..=20).map(delivered)).await;
    let feed = Arc::new(Muddled {
        feed: LocalFeed::new(&store.db),
    });
    let tasks = Tasks::new();
    let recorder = Recorder::new(&store.db);
    let handle = Subscription::start("tested.tested", feed, &store.db, recorder, &tasks);
    eventually("the end", || async { handle.progress().position == 40 }).await;
    append(&store.db, [delivered(1), delivered(2)]).await;
    eventually("what came later", || async { handle.progress().position == 42 }).await;

    let mut wanted: Vec<String> = (1..=20)
        .flat_map(|order| [effect_of(order, 1), effect_of(order, 2)])
        .collect();
    wanted.extend([effect_of(1, 3), effect_of(2, 3)]);
    wanted.sort_unstable();
    let mut all = effects(&store.db).await;
    all.sort_unstable();
    assert_eq!(all, wanted);
    assert_eq!(handle.progress().dead_letters, 0);
    stop(&tasks).await;
}
