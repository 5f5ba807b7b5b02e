use std::time::Duration;

use commerce::EventFeed;
use shared::{DatabaseError, events::LocalFeed};

use crate::{
    recorder::{effect_of, name},
    support::{Store, append, delivered},
};

#[tokio::test]
async fn the_log_numbers_the_events_of_each_aggregate_and_refuses_none() {
    let store = Store::new().await;
    append(&store.db, [delivered(1), delivered(2), delivered(1)]).await;

    let events = LocalFeed::new(&store.db)
        .read_events(0, 10, Duration::ZERO)
        .await
        .unwrap()
        .events;

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
        .unwrap()
        .events;

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
        .unwrap()
        .events;
    assert_eq!(events.len(), 1);
}
