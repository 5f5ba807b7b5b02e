use std::collections::HashMap;

use sqlx::{AssertSqlSafe, Row};

use super::dead_letters::Applied;
use crate::{Database, DatabaseError, Tx};

/// Most aggregates that are remembered. Beyond it all are forgotten, and each is learned again from its next event.
const MOST: usize = 50_000;

/// The last applied version of each aggregate, by which a gap in the feed is noticed.
///
/// A restart forgets the versions of events before the watermark, so the first event of an aggregate after it is
/// taken as it comes. The exception is a log that is read from its beginning, where every aggregate begins with
/// version 1.
#[derive(Debug)]
pub(super) struct AppliedVersions {
    last: HashMap<String, Applied>,
    from_beginning: bool,
}

/// An event's place among those of its aggregate that were applied.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Expected {
    /// The version that follows the last one.
    Next,
    /// A version that was applied before.
    Seen,
    /// A later version: at least one between `Applied` and it is missing.
    Later(Applied),
}

impl AppliedVersions {
    /// Starts to learn at the watermark `position`.
    pub(super) fn new(position: i64) -> Self {
        Self {
            last: HashMap::new(),
            from_beginning: position == 0,
        }
    }

    pub(super) fn expects(&self, aggregate: &str, version: i64) -> Expected {
        let last = match self.last.get(aggregate) {
            Some(last) => *last,
            None if self.from_beginning => Applied {
                version: 0,
                position: 0,
            },
            None => return Expected::Next,
        };
        match version - last.version {
            ..=0 => Expected::Seen,
            1 => Expected::Next,
            _ => Expected::Later(last),
        }
    }

    pub(super) fn knows(&self, aggregate: &str) -> bool {
        self.last.contains_key(aggregate)
    }

    pub(super) fn applied(&mut self, aggregate: &str, applied: Applied) {
        if self.last.len() >= MOST && !self.last.contains_key(aggregate) {
            self.last.clear();
            self.from_beginning = false;
        }
        self.last.insert(aggregate.to_owned(), applied);
    }
}

/// Notes that the subscription applies this version of an aggregate, in the same write as the effect. `false` if it
/// has applied that version before, or a later one: from this log or from another one that has the same events.
pub(super) async fn apply(
    tx: &mut Tx,
    subscription: &str,
    aggregate: &str,
    version: i64,
) -> Result<bool, DatabaseError> {
    let noted = sqlx::query(
        "INSERT INTO applied_versions (subscription, aggregate_id, version) VALUES ($1, $2, $3)
         ON CONFLICT (subscription, aggregate_id) DO UPDATE SET version = excluded.version
         WHERE applied_versions.version < excluded.version",
    )
    .bind(subscription)
    .bind(aggregate)
    .bind(version)
    .execute(tx.connection())
    .await?;
    Ok(noted.rows_affected() == 1)
}

/// Reads the versions that were applied last, of those of the aggregates that have one.
pub(super) async fn read(
    db: &Database,
    subscription: &str,
    aggregates: &[String],
) -> Result<Vec<(String, i64)>, DatabaseError> {
    let places: Vec<String> = (2..aggregates.len() + 2).map(|place| format!("${place}")).collect();
    let statement = format!(
        "SELECT aggregate_id, version FROM applied_versions WHERE subscription = $1 AND aggregate_id IN ({})",
        places.join(", ")
    );
    // Only numbers of places were added to the text.
    let mut query = sqlx::query(AssertSqlSafe(statement)).bind(subscription);
    for aggregate in aggregates {
        query = query.bind(aggregate);
    }
    let rows = query.fetch_all(db.readers()).await?;
    let versions = rows.iter().map(|row| Ok((row.try_get(0)?, row.try_get(1)?)));
    versions.collect()
}
