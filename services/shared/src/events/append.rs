use commerce::{DomainEvent, DomainEventPayload, EventMetadata, Timestamp};
use seam::Context;
use sqlx::Row;

use crate::{DatabaseError, Tx, fail_point, row};

/// Appends an event to the module's log. Subscribers see it once the write commits, and never if it is rolled back.
///
/// The event's version is one more than the last of its aggregate. Its correlation and causation come from the
/// caller's context; the context of an event handler names the event that it handles.
pub async fn append<P: DomainEventPayload>(
    tx: &mut Tx,
    source: &'static str,
    payload: &P,
) -> Result<DomainEvent, DatabaseError> {
    let aggregate_id = payload.aggregate_id();
    let last: i64 = sqlx::query("SELECT COALESCE(MAX(version), 0) FROM events WHERE aggregate_id = $1")
        .bind(&aggregate_id)
        .fetch_one(tx.connection())
        .await?
        .try_get(0)?;
    let context = Context::current();
    let metadata = EventMetadata {
        correlation_id: context.correlation_id,
        causation_id: Some(context.causation_id.unwrap_or(context.request_id)),
        source_service: source.to_owned(),
    };
    let event = DomainEvent::new(payload, last + 1, Timestamp::now(), metadata)
        .map_err(|error| DatabaseError::unencodable("event", error))?;
    let text = row::to_json("event", &event)?;
    sqlx::query("INSERT INTO events (event_id, aggregate_id, version, event) VALUES ($1, $2, $3, $4)")
        .bind(event.event_id.to_string())
        .bind(&aggregate_id)
        .bind(event.version)
        .bind(text)
        .execute(tx.connection())
        .await?;
    tx.events_appended();
    fail_point!("{source}.event.before_commit");
    #[cfg(feature = "fail-points")]
    tx.on_commit(move || fail_point!("{source}.event.before_publish"));
    Ok(event)
}
