//! What can happen to a stream alone, and to those who share it.

use std::{future::IntoFuture, time::Duration};

use async_nats::jetstream::{self, message::PublishMessage, stream::Config};
use commerce::{EventFeed, OrderEvent, OrderId, RecordedEvent};
use futures::StreamExt;
use shared::{
    Database, Tasks,
    events::{
        LocalFeed, append,
        nats::{Broker, NatsFeed, Relay},
    },
    testing::until,
};
use tempfile::TempDir;
use tests::Nats;

/// A module with a log, and a feed of it over a broker.
struct Module {
    nats: Nats,
    prefix: String,
    db: Database,
    tasks: Tasks,
    folder: TempDir,
}

impl Module {
    /// `None` without a `nats-server`.
    async fn new() -> Option<Self> {
        let nats = Nats::start().await?;
        let folder = TempDir::new().unwrap();
        Some(Self {
            prefix: nats.prefix(),
            db: database(&folder, "orders").await,
            tasks: Tasks::new(),
            nats,
            folder,
        })
    }

    fn broker(&self) -> Broker {
        let address = self.nats.address().unwrap();
        Broker::new(&format!("nats://{address}"), &self.prefix).unwrap()
    }

    fn relay(&self) -> Relay {
        Relay::start(&self.broker(), &self.db, "orders", &self.tasks)
    }

    /// Ends all relays.
    async fn stop(&mut self) {
        self.tasks.stop(Duration::from_secs(10)).await.unwrap();
        self.tasks = Tasks::new();
    }

    fn feed(&self) -> NatsFeed {
        NatsFeed::new(self.broker(), "orders")
    }

    async fn append(&self, count: u8) {
        write(&self.db, count).await;
    }

    async fn log(&self) -> Vec<RecordedEvent> {
        let local = LocalFeed::new(&self.db);
        local.read_events(0, 1_000, Duration::ZERO).await.unwrap().events
    }

    /// The stream as an operator reaches it.
    async fn stream(&self) -> (jetstream::Context, String) {
        let client = async_nats::connect(self.nats.address().unwrap().to_string())
            .await
            .unwrap();
        (jetstream::new(client), format!("{}-orders", self.prefix))
    }

    /// Waits until a reader of the stream is shown the whole log, each event once.
    async fn is_whole(&self) {
        let (feed, log) = (self.feed(), self.log().await);
        until("the stream has the log", async || {
            shown(&feed, 0).await.filter(|shown| *shown == log)
        })
        .await;
    }
}

async fn database(folder: &TempDir, name: &str) -> Database {
    let url = format!("sqlite://{}/{name}.db", folder.path().display());
    Database::open(&url, "orders", &[]).await.unwrap()
}

async fn write(db: &Database, count: u8) {
    for number in 0..count {
        let event = OrderEvent::OrderCancelled {
            order_id: OrderId::derive(&["brokered", &(number % 3).to_string()]),
            reason: format!("reason {number}"),
        };
        let appended: Result<_, shared::DatabaseError> = db
            .write(move |tx| Box::pin(async move { append(tx, "orders", &event).await }))
            .await;
        appended.unwrap();
    }
}

/// All events after a position; `None` if the feed can't be read now.
async fn shown(feed: &NatsFeed, after: i64) -> Option<Vec<RecordedEvent>> {
    let batch = feed.read_events(after, 1_000, Duration::ZERO).await;
    batch.ok().map(|batch| batch.events)
}

/// What a feed says against being read.
async fn refused(feed: &NatsFeed) -> String {
    until("the feed is refused", async || {
        let read = feed.read_events(0, 100, Duration::ZERO).await;
        read.err().map(|error| error.to_string())
    })
    .await
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lost_its_end_is_filled_again_and_a_reader_beyond_it_misses_nothing() {
    let Some(mut module) = Module::new().await else { return };
    let data = module.nats.data().unwrap();
    let copy = module.folder.path().join("copy");
    module.relay();
    module.append(5).await;
    module.is_whole().await;
    module.stop().await;
    module.nats.kill().await;
    copied(&data, &copy);
    module.nats.revive().await;
    module.relay();
    module.append(4).await;
    module.is_whole().await;
    let ahead = module.log().await.last().unwrap().position;
    module.stop().await;

    // The power failed: the broker has acknowledged what it has not kept.
    module.nats.kill().await;
    std::fs::remove_dir_all(&data).unwrap();
    copied(&copy, &data);
    module.nats.revive().await;
    let reader = module.feed();
    let before = shown(&module.feed(), 0).await.unwrap();
    assert_eq!(before.len(), 5, "the end is lost");
    let waiting = reader.read_events(ahead, 10, Duration::from_secs(20));
    let (waited, ()) = tokio::join!(waiting, async {
        module.relay();
        module.append(2).await;
    });

    let later = waited.unwrap().events;
    assert_eq!(later.first().map(|first| first.position), Some(ahead + 1));
    module.is_whole().await;
}

fn copied(from: &std::path::Path, to: &std::path::Path) {
    let status = std::process::Command::new("cp")
        .arg("-r")
        .args([from, to])
        .status()
        .unwrap();
    assert!(status.success());
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_is_deleted_is_made_again() {
    let Some(module) = Module::new().await else { return };
    let relay = module.relay();
    module.append(3).await;
    module.is_whole().await;
    let feed = module.feed();
    let last = module.log().await.last().unwrap().position;
    assert_eq!(shown(&feed, last).await, Some(Vec::new()), "a session is open");

    let (context, name) = module.stream().await;
    context.delete_stream(&name).await.unwrap();

    module.is_whole().await;
    module.append(1).await;
    until("an open reader goes on", async || {
        shown(&feed, last).await.filter(|shown| shown.len() == 1)
    })
    .await;
    until("the relay is well", async || relay.check().ok()).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_does_not_continue_the_stream_of_another_log() {
    let Some(mut module) = Module::new().await else { return };
    module.relay();
    module.append(3).await;
    module.is_whole().await;
    module.stop().await;
    let first = module.log().await;

    module.db = database(&module.folder, "other").await;
    module.append(5).await;
    let relay = module.relay();
    let reason = until("the relay refuses", async || relay.check().err()).await;
    assert_eq!(reason, "the broker's stream is not one of this log");
    assert_eq!(shown(&module.feed(), 0).await, Some(first), "the stream is as it was");

    let (context, name) = module.stream().await;
    context.delete_stream(&name).await.unwrap();
    module.is_whole().await;
    let batch = module.feed().read_events(0, 1, Duration::ZERO).await.unwrap();
    let own = LocalFeed::new(&module.db)
        .read_events(0, 1, Duration::ZERO)
        .await
        .unwrap();
    assert_eq!(batch.log, own.log);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_database_that_was_put_back_does_not_continue_the_stream() {
    let Some(mut module) = Module::new().await else { return };
    module.append(3).await;
    module.db.close().await;
    let (now, then) = (
        module.folder.path().join("orders.db"),
        module.folder.path().join("then.db"),
    );
    std::fs::copy(&now, &then).unwrap();
    module.db = database(&module.folder, "orders").await;
    module.append(2).await;
    module.relay();
    module.is_whole().await;
    module.stop().await;

    module.db = database(&module.folder, "then").await;
    module.append(4).await;
    let relay = module.relay();

    let reason = until("the relay refuses", async || relay.check().err()).await;
    assert_eq!(reason, "the broker's stream is not one of this log");
}

#[tokio::test(flavor = "multi_thread")]
async fn several_processes_of_a_module_keep_the_order_of_its_stream() {
    let Some(module) = Module::new().await else { return };
    for _ in 0..3 {
        module.relay();
    }
    let others = [
        database(&module.folder, "orders").await,
        database(&module.folder, "orders").await,
    ];
    for db in &others {
        Relay::start(&module.broker(), db, "orders", &module.tasks);
    }
    tokio::join!(module.append(60), write(&others[0], 60), write(&others[1], 60));

    module.is_whole().await;
    let (context, name) = module.stream().await;
    let state = context.get_stream(&name).await.unwrap().cached_info().state.clone();
    assert_eq!(
        (state.messages, state.last_sequence),
        (180, 180),
        "each event is there once"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_event_that_is_in_a_stream_twice_is_shown_once() {
    let Some(mut module) = Module::new().await else { return };
    module.relay();
    module.append(3).await;
    module.is_whole().await;
    module.stop().await;
    let (context, name) = module.stream().await;
    let stream = context.get_stream(&name).await.unwrap();
    let again = stream.get_raw_message(2).await.unwrap();
    let mut headers = again.headers.clone();
    headers.insert("Nats-Msg-Id", "another, as after the duplicate window");
    headers.insert("Nats-Expected-Last-Sequence", "3");
    let message = PublishMessage::build().headers(headers).payload(again.payload);
    let stored = context
        .send_publish(again.subject, message)
        .await
        .unwrap()
        .into_future()
        .await
        .unwrap();
    assert_eq!(stored.sequence, 4);

    module.relay();
    module.append(2).await;

    module.is_whole().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_stream_that_lacks_an_event_in_its_middle_is_not_read_past_it() {
    let Some(mut module) = Module::new().await else { return };
    module.relay();
    module.append(5).await;
    module.is_whole().await;
    module.stop().await;
    let (context, name) = module.stream().await;
    let made = context.get_stream(&name).await.unwrap();
    assert!(
        made.delete_message(3).await.is_err(),
        "a stream of ours gives no event away"
    );
    let old = made.cached_info().config.clone();
    let mut messages = Vec::new();
    for sequence in 1..=5 {
        messages.push(made.get_raw_message(sequence).await.unwrap());
    }
    context.delete_stream(&name).await.unwrap();
    let config = Config {
        deny_delete: false,
        deny_purge: false,
        ..old
    };
    let stream = context.create_stream(config).await.unwrap();
    for message in messages {
        let kept = PublishMessage::build()
            .headers(message.headers)
            .payload(message.payload);
        let sent = context.send_publish(message.subject, kept).await.unwrap();
        sent.into_future().await.unwrap();
    }
    assert!(stream.delete_message(3).await.unwrap());

    let said = refused(&module.feed()).await;

    assert!(said.contains("shows position 4 after 2, and lacks 3"), "{said}");
    assert!(said.contains("delete the stream"), "{said}");
    let beyond = shown(&module.feed(), 3).await.unwrap();
    assert_eq!(beyond.len(), 2, "who has seen it misses nothing");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_reader_without_a_stream_or_a_broker_is_told_so_and_goes_on_when_there_is_one() {
    let Some(module) = Module::new().await else { return };
    let feed = module.feed();
    let said = refused(&feed).await;
    let wanted = format!("there is no stream {}-orders yet", module.prefix);
    assert!(said.contains(&wanted), "{said}");

    module.append(2).await;
    module.relay();
    until("the feed is read", async || {
        shown(&feed, 0).await.filter(|shown| shown.len() == 2)
    })
    .await;
    let begun = std::time::Instant::now();
    let waiting = feed.read_events(2, 10, Duration::from_secs(30));
    let (read, ()) = tokio::join!(waiting, async {
        let (context, name) = module.stream().await;
        let stream = context.get_stream(&name).await.unwrap();
        until("the reader waits", async || {
            let mut readers = stream.consumers();
            let reader = readers.next().await?.ok()?;
            (reader.num_waiting == 1).then_some(())
        })
        .await;
        module.nats.kill().await;
    });
    assert!(read.is_err(), "{read:?}");
    assert!(begun.elapsed() < Duration::from_secs(15), "after {:?}", begun.elapsed());
}
