use std::{
    collections::{BTreeMap, BTreeSet},
    panic,
    sync::{
        Arc, Mutex, MutexGuard, PoisonError,
        atomic::{AtomicBool, AtomicU64, Ordering},
    },
};

use commerce::{DomainEvent, RecordedEvent};
use seam::BoxFuture;
use shared::{
    Database, DatabaseError, Migration, Tx,
    events::{Delivery, Handler, HandlerError},
};
use sqlx::Row;

use super::history::{Harm, Point};

pub(super) const MIGRATIONS: &[Migration] = &[Migration {
    version: 1,
    name: "effects",
    sqlite:
        "CREATE TABLE effects (seq INTEGER PRIMARY KEY AUTOINCREMENT, aggregate TEXT NOT NULL, version BIGINT NOT NULL,
        token TEXT NOT NULL)",
    postgres: "CREATE TABLE effects (seq BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY, aggregate TEXT NOT NULL,
        version BIGINT NOT NULL, token TEXT NOT NULL)",
}];

/// Makes the effect of an event durable, together with the record that it was handled.
pub type Apply = fn(Application) -> BoxFuture<'static, Result<(), HandlerError>>;

/// One event that is to take effect.
#[derive(Debug)]
pub struct Application {
    /// The consumer's database.
    pub db: Database,
    /// The event to apply, with its delivery.
    pub delivery: Delivery,
    /// Raises the scripted fault, if the script has one for this event.
    pub strike: Strike,
    is_poison: bool,
}

impl Application {
    /// Fails if the event is scripted as one that can't be handled.
    pub fn readable(&self) -> Result<(), HandlerError> {
        if self.is_poison {
            Err(HandlerError::Poison("spoilt for the test".to_owned()))
        } else {
            Ok(())
        }
    }
}

/// Writes the record and the effect in one write, as [`Handler`] demands.
pub fn in_one_write(application: Application) -> BoxFuture<'static, Result<(), HandlerError>> {
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
                insert(tx, delivery.event()).await?;
                strike.at(Point::Within).await
            })
        })
        .await
    })
}

/// Writes the effect of an event: one row.
pub async fn insert(tx: &mut Tx, event: &DomainEvent) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO effects (aggregate, version, token) VALUES ($1, $2, $3)")
        .bind(&event.aggregate_id)
        .bind(event.version)
        .bind(token_of(event))
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// A row of the effects table; rows are in the order of their commits.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Effect {
    pub(super) aggregate: String,
    pub(super) version: i64,
    pub(super) token: String,
}

pub(super) async fn effects(db: &Database) -> Result<Vec<Effect>, String> {
    let rows = sqlx::query("SELECT aggregate, version, token FROM effects ORDER BY seq")
        .fetch_all(db.readers())
        .await
        .map_err(|error| format!("effects are not readable: {error}"))?;
    let effect = rows.iter().map(|row| Effect {
        aggregate: row.get("aggregate"),
        version: row.get("version"),
        token: row.get("token"),
    });
    Ok(effect.collect())
}

/// The token that identifies an event, even among events that were rolled back at the same position.
pub(super) fn token_of(event: &DomainEvent) -> &str {
    event.payload["reason"].as_str().unwrap_or("no token")
}

/// The faults scheduled for one consumer and a record of what it handled. It outlives the consumer's process.
#[derive(Debug, Default)]
pub(super) struct Script {
    state: Mutex<Scripted>,
    dying: AtomicBool,
    struck: AtomicU64,
    handed: AtomicU64,
}

#[derive(Debug, Default)]
struct Scripted {
    harms: BTreeMap<String, (Point, Harm)>,
    poison: BTreeSet<String>,
    handed: BTreeSet<String>,
}

impl Script {
    /// Schedules a fault for the next event of the aggregate.
    pub(super) fn arm(&self, aggregate: String, point: Point, harm: Harm) {
        self.state().harms.insert(aggregate, (point, harm));
    }

    /// Makes the event with this token impossible to handle.
    pub(super) fn spoil(&self, token: String) {
        self.state().poison.insert(token);
    }

    /// Makes every event possible to handle again.
    pub(super) fn cure(&self) {
        self.state().poison.clear();
    }

    /// By aggregate, the first version in `log` that can't be handled.
    pub(super) fn poison(&self, log: &[RecordedEvent]) -> BTreeMap<String, i64> {
        let state = self.state();
        let mut first = BTreeMap::new();
        for RecordedEvent { event, .. } in log {
            if state.poison.contains(token_of(event)) {
                first.entry(event.aggregate_id.clone()).or_insert(event.version);
            }
        }
        first
    }

    /// Tokens of all events that reached the handler.
    pub(super) fn handed(&self) -> BTreeSet<String> {
        self.state().handed.clone()
    }

    /// Number of events passed to the handler, repetitions included, and of scheduled faults that were raised.
    pub(super) fn counts(&self) -> (u64, u64) {
        (self.handed.load(Ordering::Relaxed), self.struck.load(Ordering::Relaxed))
    }

    /// True if the process is to be killed at the point that it has reached.
    pub(super) fn is_dying(&self) -> bool {
        self.dying.load(Ordering::SeqCst)
    }

    /// Notes that the process was killed.
    pub(super) fn is_reborn(&self) {
        self.dying.store(false, Ordering::SeqCst);
    }

    /// The fault scheduled for this event, and whether the event can't be handled.
    fn next(&self, event: &DomainEvent) -> (Option<(Point, Harm)>, bool) {
        let mut state = self.state();
        state.handed.insert(token_of(event).to_owned());
        let is_poison = state.poison.contains(token_of(event));
        let harm = match is_poison {
            true => None,
            false => state.harms.remove(&event.aggregate_id),
        };
        (harm, is_poison)
    }

    fn state(&self) -> MutexGuard<'_, Scripted> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// Raises a fault at one point of the handling of an event, or never.
#[derive(Clone, Debug)]
pub struct Strike {
    script: Arc<Script>,
    harm: Option<(Point, Harm)>,
}

impl Strike {
    /// Raises the fault if it is scheduled for `point`.
    pub async fn at(&self, point: Point) -> Result<(), HandlerError> {
        let Some((_, harm)) = self.harm.filter(|(at, _)| *at == point) else {
            return Ok(());
        };
        self.script.struck.fetch_add(1, Ordering::Relaxed);
        match harm {
            Harm::Fail => Err(HandlerError::Failed("fails for the test".to_owned())),
            Harm::Unavailable => Err(HandlerError::Unavailable("down for the test".to_owned())),
            // `panic!` would print to stderr.
            Harm::Panic => panic::resume_unwind(Box::new("panics for the test")),
            Harm::Kill => {
                self.script.dying.store(true, Ordering::SeqCst);
                std::future::pending().await
            }
        }
    }
}

/// Writes one effect per event and raises the scripted faults.
pub(super) struct Recorder {
    pub(super) db: Database,
    pub(super) apply: Apply,
    pub(super) script: Arc<Script>,
}

#[seam::async_trait]
impl Handler for Recorder {
    async fn handle(&self, delivery: Delivery) -> Result<(), HandlerError> {
        let event = delivery.event();
        self.script.handed.fetch_add(1, Ordering::Relaxed);
        let (harm, is_poison) = self.script.next(event);
        let strike = Strike {
            script: Arc::clone(&self.script),
            harm,
        };
        strike.at(Point::Before).await?;
        let application = Application {
            db: self.db.clone(),
            delivery,
            strike: strike.clone(),
            is_poison,
        };
        (self.apply)(application).await?;
        strike.at(Point::After).await
    }
}
