//! Adapters and stores with one defect each, as somebody could write them: what the suite has to find.

use std::{
    collections::BTreeSet,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::Duration,
};

use commerce::{
    DomainEvent, DomainEventPayload, EventFeed, EventMetadata, FeedError, OrderEvent, RecordedEvent, Timestamp,
};
use seam::BoxFuture;
use shared::{DatabaseError, events::HandlerError};
use sqlx::{Connection, PgConnection, Row};
use tokio::time::Instant;

use super::{
    Application, Commit, Connect, Point, Store, Subject,
    adapter::{Adapter, local},
    recorder::insert,
    site::MODULE,
    with_the_change,
};

type Shown = Vec<RecordedEvent>;
type Handled = BoxFuture<'static, Result<(), HandlerError>>;
type Committed = BoxFuture<'static, Result<Vec<DomainEvent>, DatabaseError>>;

/// The platform, but with this adapter only.
pub fn adapter(connect: Connect) -> Subject {
    Subject {
        adapters: vec![Adapter::new("planted", connect)],
        ..Subject::default()
    }
}

/// Skips an event when a batch is full: the page begins one too late.
pub const SKIPS_WHEN_FULL: Connect = |site, cut| {
    let skip: Bend = |_, limit, mut shown| {
        if shown.len() > 1 && shown.len() == limit {
            shown.remove(0);
        }
        shown
    };
    Ok(Arc::new(Bent::new(local(site, cut)?, skip)))
};

/// Shows the events of a batch in the wrong order.
pub const SHUFFLES: Connect = |site, cut| {
    let reverse: Bend = |_, _, shown| shown.into_iter().rev().collect();
    Ok(Arc::new(Bent::new(local(site, cut)?, reverse)))
};

/// Delivers the event before the last once more, after the last.
pub const REDELIVERS_LATE: Connect = |site, cut| {
    let redeliver: Bend = |before, limit, shown| {
        let again = before.drain(..).filter(|_| !shown.is_empty());
        let all: Shown = shown.iter().cloned().chain(again).take(limit).collect();
        before.extend(shown.into_iter().next_back());
        all
    };
    Ok(Arc::new(Bent::new(local(site, cut)?, redeliver)))
};

/// Tells of events as they come, and has lost the first that came while somebody waited.
pub const DROPS_IN_LONG_POLL: Connect = |site, cut| {
    Ok(Arc::new(DropsInLongPoll {
        feed: local(site, cut)?,
        dropped: Mutex::default(),
    }))
};

/// What a defective feed keeps from call to call, the limit it was asked for, what it should show: what it shows.
type Bend = fn(&mut Shown, usize, Shown) -> Shown;

struct Bent {
    feed: Arc<dyn EventFeed>,
    bend: Bend,
    kept: Mutex<Shown>,
}

impl Bent {
    fn new(feed: Arc<dyn EventFeed>, bend: Bend) -> Self {
        Self {
            feed,
            bend,
            kept: Mutex::default(),
        }
    }
}

#[seam::async_trait]
impl EventFeed for Bent {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Shown, FeedError> {
        let shown = self.feed.read_events(after, limit, wait).await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        Ok((self.bend)(&mut kept, limit as usize, shown))
    }
}

struct DropsInLongPoll {
    feed: Arc<dyn EventFeed>,
    dropped: Mutex<BTreeSet<i64>>,
}

#[seam::async_trait]
impl EventFeed for DropsInLongPoll {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Shown, FeedError> {
        let there = self.feed.read_events(after, limit, Duration::ZERO).await?;
        let came = match there.is_empty() && !wait.is_zero() {
            true => self.feed.read_events(after, limit, wait).await?,
            false => Vec::new(),
        };
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.extend(came.first().map(|first| first.position));
        let all = there.into_iter().chain(came);
        Ok(all.filter(|one| !dropped.contains(&one.position)).collect())
    }
}

/// Publishes events before it is known whether their change commits.
pub fn publishes_first(store: Store, events: Vec<OrderEvent>, keep: bool) -> Committed {
    Box::pin(async move {
        let published = with_the_change(store, events, true).await?;
        if keep {
            Ok(published)
        } else {
            Err(DatabaseError::Closed)
        }
    })
}

/// Notes an event as done in a write before that of its effect.
pub fn position_before_effect(application: Application) -> Handled {
    Box::pin(async move {
        application.readable()?;
        let Application {
            db, delivery, strike, ..
        } = application;
        let noted = delivery.clone();
        let is_new: Result<bool, DatabaseError> = db
            .write(move |tx| Box::pin(async move { noted.record(tx).await }))
            .await;
        if !is_new? {
            return Ok(());
        }
        db.write(move |tx| {
            Box::pin(async move {
                insert(tx, delivery.event()).await?;
                strike.at(Point::Within).await
            })
        })
        .await
    })
}

/// Notes an event as done in a write after that of its effect.
pub fn effect_before_position(application: Application) -> Handled {
    Box::pin(async move {
        application.readable()?;
        let Application {
            db, delivery, strike, ..
        } = application;
        let done = delivery.clone();
        let effect: Result<(), DatabaseError> = db
            .write(move |tx| Box::pin(async move { insert(tx, done.event()).await }))
            .await;
        effect?;
        strike.at(Point::Within).await?;
        let noted: Result<bool, DatabaseError> = db
            .write(move |tx| Box::pin(async move { delivery.record(tx).await }))
            .await;
        noted?;
        Ok(())
    })
}

/// Takes an event that it can't handle for one that means nothing.
pub fn swallows_poison(application: Application) -> Handled {
    match application.readable() {
        Ok(()) => super::in_one_write(application),
        Err(_) => Box::pin(async { Ok(()) }),
    }
}

/// Keeps one row an aggregate for the event before, and writes it anew behind the event that comes.
pub fn lets_effects_overtake(application: Application) -> Handled {
    Box::pin(async move {
        application.readable()?;
        let Application {
            db, delivery, strike, ..
        } = application;
        db.write(move |tx| {
            Box::pin(async move {
                if !delivery.record(tx).await? {
                    return Ok(());
                }
                let event = delivery.event();
                insert(tx, event).await?;
                let before = sqlx::query("DELETE FROM effects WHERE aggregate = $1 AND version = $2 RETURNING token")
                    .bind(&event.aggregate_id)
                    .bind(event.version - 1)
                    .fetch_optional(tx.connection())
                    .await
                    .map_err(DatabaseError::from)?;
                if let Some(before) = before {
                    let mut before_it = event.clone();
                    before_it.version -= 1;
                    before_it.payload["reason"] = before.get::<String, _>("token").into();
                    insert(tx, &before_it).await?;
                }
                strike.at(Point::Within).await
            })
        })
        .await
    })
}

/// Writes without the lock under which positions are taken in the order of the commits. On PostgreSQL only.
pub const WITHOUT_THE_LOCK: Commit = |store, events, keep| {
    Box::pin(async move {
        let written = write_without_the_lock(&store.url, &events, keep).await;
        written.map_err(DatabaseError::from)
    })
};

static COMMITS: AtomicU64 = AtomicU64::new(0);

async fn write_without_the_lock(url: &str, events: &[OrderEvent], keep: bool) -> Result<Vec<DomainEvent>, sqlx::Error> {
    let mut connection = PgConnection::connect(url).await?;
    sqlx::raw_sql("BEGIN").execute(&mut connection).await?;
    let mut appended = Vec::new();
    for event in events {
        appended.push(append(&mut connection, event).await?);
    }
    dawdle().await;
    if !keep {
        return Err(sqlx::Error::WorkerCrashed);
    }
    sqlx::raw_sql("COMMIT").execute(&mut connection).await?;
    COMMITS.fetch_add(1, Ordering::SeqCst);
    connection.close().await?;
    Ok(appended)
}

/// If another one commits meanwhile, takes longer than readers who look every 200 ms.
async fn dawdle() {
    let before = COMMITS.load(Ordering::SeqCst);
    let until = Instant::now() + Duration::from_millis(100);
    while COMMITS.load(Ordering::SeqCst) == before {
        if Instant::now() >= until {
            return;
        }
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    tokio::time::sleep(Duration::from_millis(450)).await;
}

async fn append(connection: &mut PgConnection, event: &OrderEvent) -> Result<DomainEvent, sqlx::Error> {
    let aggregate = event.aggregate_id();
    let last: i64 = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM events WHERE aggregate_id = $1")
        .bind(&aggregate)
        .fetch_one(&mut *connection)
        .await?
        .get(0);
    let metadata = EventMetadata {
        correlation_id: "planted".to_owned(),
        causation_id: None,
        source_service: MODULE.to_owned(),
    };
    let encoded = |error| sqlx::Error::Encode(Box::new(error));
    let event = DomainEvent::new(event, last + 1, Timestamp::now(), metadata)
        .map_err(|error| sqlx::Error::Encode(Box::new(error)))?;
    let text = serde_json::to_string(&event).map_err(encoded)?;
    sqlx::query("INSERT INTO events (event_id, aggregate_id, version, event) VALUES ($1, $2, $3, $4)")
        .bind(event.event_id.to_string())
        .bind(&aggregate)
        .bind(event.version)
        .bind(text)
        .execute(connection)
        .await?;
    Ok(event)
}
