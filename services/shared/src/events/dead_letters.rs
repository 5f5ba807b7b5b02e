use std::collections::{BTreeMap, VecDeque};

use commerce::{DomainEvent, RecordedEvent, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{Database, DatabaseError, Tx, row};

/// An event that a subscription could not apply, or that waits behind one.
///
/// It carries no payload: events hold contact data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeadLetter {
    /// Whose it is.
    pub subscription: String,
    /// The event.
    pub event_id: Uuid,
    /// Its place in the feed.
    pub position: i64,
    /// Its aggregate: later events of it wait.
    pub aggregate_id: String,
    /// What happened.
    pub event_type: String,
    /// Its number within the aggregate.
    pub version: i64,
    /// Why it is here.
    pub state: DeadLetterState,
    /// What went wrong.
    pub reason: String,
    /// How often it was tried.
    pub attempts: i64,
    /// Since when it is here, or when it was last tried.
    pub recorded_at: Timestamp,
}

/// Why an event is among the dead letters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    /// It could not be applied; somebody has to look, and retry it.
    Dead,
    /// An event of its aggregate before it is missing from the feed; it is applied once that one appears.
    Gap,
    /// It waits behind a dead letter of its aggregate.
    Parked,
}

impl DeadLetterState {
    pub(super) fn as_str(self) -> &'static str {
        match self {
            Self::Dead => "dead",
            Self::Gap => "gap",
            Self::Parked => "parked",
        }
    }

    fn parse(text: &str) -> Result<Self, DatabaseError> {
        match text {
            "dead" => Ok(Self::Dead),
            "gap" => Ok(Self::Gap),
            "parked" => Ok(Self::Parked),
            other => Err(DatabaseError::corrupt("dead letter", format!("state is {other:?}"))),
        }
    }
}

/// The dead letters of a subscription in the order of the feed.
pub(super) async fn list(db: &Database, subscription: &str) -> Result<Vec<DeadLetter>, DatabaseError> {
    sqlx::query("SELECT * FROM dead_letters WHERE subscription = $1 ORDER BY position LIMIT 1000")
        .bind(subscription)
        .fetch_all(db.readers())
        .await?
        .iter()
        .map(letter)
        .collect()
}

/// A letter as the subscription keeps it in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) event_id: Uuid,
    pub(super) position: i64,
    pub(super) version: i64,
    pub(super) state: DeadLetterState,
    /// The last of its aggregate that was applied, where `state` is `Gap`.
    pub(super) gap: Option<Applied>,
}

/// An event of an aggregate that was applied: its version and position.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) position: i64,
}

impl Letter {
    pub(super) fn new(recorded: &RecordedEvent, state: DeadLetterState, gap: Option<Applied>) -> Self {
        Self {
            event_id: recorded.event.event_id,
            position: recorded.position,
            version: recorded.event.version,
            state,
            gap,
        }
    }
}

/// All letters by aggregate, each in the order of the feed.
pub(super) async fn load(
    db: &Database,
    subscription: &str,
) -> Result<BTreeMap<String, VecDeque<Letter>>, DatabaseError> {
    let rows = sqlx::query("SELECT * FROM dead_letters WHERE subscription = $1 ORDER BY position")
        .bind(subscription)
        .fetch_all(db.readers())
        .await?;
    let mut letters: BTreeMap<String, VecDeque<Letter>> = BTreeMap::new();
    for row in &rows {
        let event = event(row)?;
        let gap_version: Option<i64> = row.try_get("gap_version")?;
        let gap_position: Option<i64> = row.try_get("gap_position")?;
        let letter = Letter {
            event_id: event.event_id,
            position: row.try_get("position")?,
            version: event.version,
            state: DeadLetterState::parse(row.try_get("state")?)?,
            gap: gap_version
                .zip(gap_position)
                .map(|(version, position)| Applied { version, position }),
        };
        letters.entry(event.aggregate_id).or_default().push_back(letter);
    }
    Ok(letters)
}

/// The event of a letter; `None` if it is gone.
pub(super) async fn find(
    db: &Database,
    subscription: &str,
    event_id: Uuid,
) -> Result<Option<RecordedEvent>, DatabaseError> {
    let row = sqlx::query("SELECT position, event FROM dead_letters WHERE subscription = $1 AND event_id = $2")
        .bind(subscription)
        .bind(event_id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.map(|row| {
        Ok(RecordedEvent {
            position: row.try_get("position")?,
            event: event(&row)?,
        })
    })
    .transpose()
}

/// Writes a letter, or what is new about it: one more reason, so many more attempts.
pub(super) async fn put(
    tx: &mut Tx,
    subscription: &str,
    recorded: &RecordedEvent,
    letter: &Letter,
    reason: &str,
    attempts: i64,
) -> Result<(), DatabaseError> {
    let event = row::to_json("event", &recorded.event)?;
    sqlx::query(
        "INSERT INTO dead_letters (subscription, event_id, position, aggregate_id, state, reason, attempts, event,
            gap_version, gap_position, recorded_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
         ON CONFLICT (subscription, event_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            attempts = dead_letters.attempts + excluded.attempts, recorded_at = excluded.recorded_at",
    )
    .bind(subscription)
    .bind(letter.event_id.to_string())
    .bind(letter.position)
    .bind(&recorded.event.aggregate_id)
    .bind(letter.state.as_str())
    .bind(reason)
    .bind(attempts)
    .bind(event)
    .bind(letter.gap.map(|gap| gap.version))
    .bind(letter.gap.map(|gap| gap.position))
    .bind(Timestamp::now().as_micros())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// An event of an aggregate with a gap was applied: what is missing now begins after it.
pub(super) async fn advance_gap(tx: &mut Tx, subscription: &str, applied: &RecordedEvent) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE dead_letters SET gap_version = $1, gap_position = $2
         WHERE subscription = $3 AND aggregate_id = $4 AND state = 'gap' AND gap_version < $1",
    )
    .bind(applied.event.version)
    .bind(applied.position)
    .bind(subscription)
    .bind(&applied.event.aggregate_id)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Takes a letter away, in the same write as its effect. `false`: it was gone.
pub(super) async fn remove(tx: &mut Tx, subscription: &str, event_id: Uuid) -> Result<bool, DatabaseError> {
    let gone = sqlx::query("DELETE FROM dead_letters WHERE subscription = $1 AND event_id = $2")
        .bind(subscription)
        .bind(event_id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(gone.rows_affected() == 1)
}

fn letter(row: &AnyRow) -> Result<DeadLetter, DatabaseError> {
    let event = event(row)?;
    Ok(DeadLetter {
        subscription: row.try_get("subscription")?,
        event_id: event.event_id,
        position: row.try_get("position")?,
        aggregate_id: event.aggregate_id,
        event_type: event.event_type,
        version: event.version,
        state: DeadLetterState::parse(row.try_get("state")?)?,
        reason: row.try_get("reason")?,
        attempts: row.try_get("attempts")?,
        recorded_at: Timestamp::from_micros(row.try_get("recorded_at")?)
            .map_err(|error| DatabaseError::corrupt("dead letter", error))?,
    })
}

fn event(row: &AnyRow) -> Result<DomainEvent, DatabaseError> {
    let text: String = row.try_get("event")?;
    serde_json::from_str(&text).map_err(|error| DatabaseError::corrupt("dead letter", error))
}
