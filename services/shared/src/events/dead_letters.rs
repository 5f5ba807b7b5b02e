use std::collections::{BTreeMap, VecDeque};

use commerce::{DomainEvent, RecordedEvent, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{Database, DatabaseError, Tx, row};

/// An event that a subscription could not apply, or that waits behind such an event.
///
/// The payload is left out, because events hold contact data.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct DeadLetter {
    /// The subscription that keeps the letter.
    pub subscription: String,
    /// Id of the event.
    pub event_id: Uuid,
    /// Position of the event in the feed.
    pub position: i64,
    /// Aggregate of the event. Later events of the same aggregate wait.
    pub aggregate_id: String,
    /// Type of the event, such as `OrderCreated`.
    pub event_type: String,
    /// Number of the event within its aggregate, from 1.
    pub version: i64,
    /// Kind of letter, which says what has to happen for the event to be applied.
    pub state: DeadLetterState,
    /// Error of the last attempt, or the reason why the event waits.
    pub reason: String,
    /// Number of failed attempts so far; 0 for an event that only waits.
    pub attempts: i64,
    /// Time of the last failed attempt, or when the event became a letter.
    pub recorded_at: Timestamp,
}

/// Kind of dead letter.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum DeadLetterState {
    /// The event could not be applied. A person has to look at the reason, and ask for a retry.
    Dead,
    /// An earlier event of the aggregate is missing from the feed. Applied without being asked once that one appears.
    Gap,
    /// The event waits behind a dead letter of its aggregate, and is applied after it.
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

/// Lists the dead letters of a subscription in the order of the feed, at most 1,000.
pub(super) async fn list(db: &Database, subscription: &str) -> Result<Vec<DeadLetter>, DatabaseError> {
    sqlx::query("SELECT * FROM dead_letters WHERE subscription = $1 ORDER BY position LIMIT 1000")
        .bind(subscription)
        .fetch_all(db.readers())
        .await?
        .iter()
        .map(letter)
        .collect()
}

/// A dead letter as the subscription keeps it in memory.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Letter {
    pub(super) event_id: Uuid,
    /// Position in the log that is followed; the largest number for a letter from another log.
    pub(super) position: i64,
    pub(super) version: i64,
    pub(super) state: DeadLetterState,
    /// The last applied event of the aggregate, where `state` is `Gap`.
    pub(super) gap: Option<Applied>,
}

/// Version and position of an event that was applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Applied {
    pub(super) version: i64,
    pub(super) position: i64,
}

impl Applied {
    pub(super) fn of(recorded: &RecordedEvent) -> Self {
        Self {
            version: recorded.event.version,
            position: recorded.position,
        }
    }
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

/// Loads all letters of a subscription that follows `log`, by aggregate, each in the order of their versions.
pub(super) async fn load(
    db: &Database,
    subscription: &str,
    log: Uuid,
) -> Result<BTreeMap<String, VecDeque<Letter>>, DatabaseError> {
    let rows = sqlx::query("SELECT * FROM dead_letters WHERE subscription = $1 ORDER BY version")
        .bind(subscription)
        .fetch_all(db.readers())
        .await?;
    let log = log.to_string();
    let mut letters: BTreeMap<String, VecDeque<Letter>> = BTreeMap::new();
    for row in &rows {
        let event = event(row)?;
        let gap_version: Option<i64> = row.try_get("gap_version")?;
        let gap_position: Option<i64> = row.try_get("gap_position")?;
        let here = row.try_get::<String, _>("log")? == log;
        let letter = Letter {
            event_id: event.event_id,
            position: if here { row.try_get("position")? } else { i64::MAX },
            version: event.version,
            state: DeadLetterState::parse(row.try_get("state")?)?,
            gap: gap_version.zip(gap_position).map(|(version, position)| Applied {
                version,
                position: if here { position } else { 0 },
            }),
        };
        letters.entry(event.aggregate_id).or_default().push_back(letter);
    }
    Ok(letters)
}

/// Reads the event of a letter, with its position in `log`, or 0 if it is from another log; `None` if the letter is
/// gone.
pub(super) async fn find(
    db: &Database,
    subscription: &str,
    log: Uuid,
    event_id: Uuid,
) -> Result<Option<RecordedEvent>, DatabaseError> {
    let row = sqlx::query(
        "SELECT CASE WHEN log = $3 THEN position ELSE 0 END AS position, event FROM dead_letters
         WHERE subscription = $1 AND event_id = $2",
    )
    .bind(subscription)
    .bind(event_id.to_string())
    .bind(log.to_string())
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

/// Writes a letter; one that is there gets the new state and reason, and `attempts` more attempts.
pub(super) async fn put(
    tx: &mut Tx,
    subscription: &str,
    log: Uuid,
    recorded: &RecordedEvent,
    letter: &Letter,
    reason: &str,
    attempts: i64,
) -> Result<(), DatabaseError> {
    let event = row::to_json("event", &recorded.event)?;
    sqlx::query(
        "INSERT INTO dead_letters (subscription, event_id, position, aggregate_id, state, reason, attempts, event,
            gap_version, gap_position, recorded_at, log, version)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13)
         ON CONFLICT (subscription, event_id) DO UPDATE SET state = excluded.state, reason = excluded.reason,
            attempts = dead_letters.attempts + excluded.attempts, recorded_at = excluded.recorded_at",
    )
    .bind(subscription)
    .bind(letter.event_id.to_string())
    .bind(recorded.position)
    .bind(&recorded.event.aggregate_id)
    .bind(letter.state.as_str())
    .bind(reason)
    .bind(attempts)
    .bind(event)
    .bind(letter.gap.map(|gap| gap.version))
    .bind(letter.gap.map(|gap| gap.position))
    .bind(Timestamp::now().as_micros())
    .bind(log.to_string())
    .bind(letter.version)
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Moves the gaps of the event's aggregate that began before it: the missing events now begin after it.
///
/// The position of the event is one of `log`; a letter of another log begins its search at the first event again.
pub(super) async fn advance_gap(
    tx: &mut Tx,
    subscription: &str,
    log: Uuid,
    applied: &RecordedEvent,
) -> Result<(), DatabaseError> {
    sqlx::query(
        "UPDATE dead_letters SET gap_version = $1, gap_position = CASE WHEN log = $5 THEN $2 ELSE 0 END
         WHERE subscription = $3 AND aggregate_id = $4 AND state = 'gap' AND gap_version < $1",
    )
    .bind(applied.event.version)
    .bind(applied.position)
    .bind(subscription)
    .bind(&applied.event.aggregate_id)
    .bind(log.to_string())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// Removes a letter, in the same write as its effect; `false` if it was gone.
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
