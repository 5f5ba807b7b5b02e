use commerce::{DomainEvent, Timestamp};
use serde::{Deserialize, Serialize};
use sqlx::{Row, any::AnyRow};
use uuid::Uuid;

use crate::{Database, DatabaseError, Tx};

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

pub(super) fn event(row: &AnyRow) -> Result<DomainEvent, DatabaseError> {
    let text: String = row.try_get("event")?;
    serde_json::from_str(&text).map_err(|error| DatabaseError::corrupt("dead letter", error))
}
