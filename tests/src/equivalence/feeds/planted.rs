//! Adapters and stores with one realistic defect each, which the suite has to find.

use std::{
    collections::BTreeSet,
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use commerce::{Batch, DomainEvent, EventFeed, FeedError, OrderEvent, RecordedEvent};
use seam::BoxFuture;
use shared::{DatabaseError, events::HandlerError};
use sqlx::Row;

use super::{
    Application, Connect, Cut, Point, Site, Store, Subject,
    adapter::{Adapter, broker, local},
    recorder::insert,
    with_the_change,
};

type Shown = Vec<RecordedEvent>;
type Handled = BoxFuture<'static, Result<(), HandlerError>>;
type Committed = BoxFuture<'static, Result<Vec<DomainEvent>, DatabaseError>>;

/// The platform with `connect` as its only adapter.
pub fn adapter(connect: Connect) -> Subject {
    Subject::with(Adapter::new("planted", connect))
}

/// The feed that a planted one bends: over the broker if the history has one.
fn nearest(site: &Arc<Site>, cut: &Arc<Cut>) -> Result<Arc<dyn EventFeed>, String> {
    if site.channel().is_some() {
        broker(site, cut)
    } else {
        local(site, cut)
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
    Ok(Arc::new(Bent::new(nearest(site, cut)?, skip)))
};

/// Returns the events of a batch in the wrong order.
pub const SHUFFLES: Connect = |site, cut| {
    let reverse: Bend = |_, _, shown| shown.into_iter().rev().collect();
    Ok(Arc::new(Bent::new(nearest(site, cut)?, reverse)))
};

/// Delivers the last event but one again, after the last.
pub const REDELIVERS_LATE: Connect = |site, cut| {
    let redeliver: Bend = |before, limit, shown| {
        let again = before.drain(..).filter(|_| !shown.is_empty());
        let all: Shown = shown.iter().cloned().chain(again).take(limit).collect();
        before.extend(shown.into_iter().next_back());
        all
    };
    Ok(Arc::new(Bent::new(nearest(site, cut)?, redeliver)))
};

/// Returns events as they arrive, but loses the first that arrived during a long poll.
pub const DROPS_IN_LONG_POLL: Connect = |site, cut| {
    Ok(Arc::new(DropsInLongPoll {
        feed: nearest(site, cut)?,
        dropped: Mutex::default(),
    }))
};

/// Turns the correct events into defective ones, given the state kept between calls and the requested limit.
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
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let Batch { log, events } = self.feed.read_events(after, limit, wait).await?;
        let mut kept = self.kept.lock().unwrap_or_else(PoisonError::into_inner);
        let events = (self.bend)(&mut kept, limit as usize, events);
        Ok(Batch { log, events })
    }
}

struct DropsInLongPoll {
    feed: Arc<dyn EventFeed>,
    dropped: Mutex<BTreeSet<i64>>,
}

#[seam::async_trait]
impl EventFeed for DropsInLongPoll {
    async fn read_events(&self, after: i64, limit: u32, wait: Duration) -> Result<Batch, FeedError> {
        let there = self.feed.read_events(after, limit, Duration::ZERO).await?;
        let came = match there.events.is_empty() && !wait.is_zero() {
            true => self.feed.read_events(after, limit, wait).await?.events,
            false => Vec::new(),
        };
        let mut dropped = self.dropped.lock().unwrap_or_else(PoisonError::into_inner);
        dropped.extend(came.first().map(|first| first.position));
        let all = there.events.into_iter().chain(came);
        Ok(Batch {
            log: there.log,
            events: all.filter(|one| !dropped.contains(&one.position)).collect(),
        })
    }
}

/// Publishes events before their change is known to commit.
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

/// Records an event as done in a write before that of its effect.
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

/// Records an event as done in a write after that of its effect.
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

/// Treats an event that can't be handled as one that has no effect.
pub fn swallows_poison(application: Application) -> Handled {
    match application.readable() {
        Ok(()) => super::in_one_write(application),
        Err(_) => Box::pin(async { Ok(()) }),
    }
}

/// Keeps one row per aggregate for the previous event and rewrites it after the next one.
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
