use commerce::{Notification, NotificationId, OrderId, Page, PageRequest};
use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;
use shared::{
    Database, DatabaseError, Listing, Tx,
    row::{instant, parsed},
};
use sqlx::{Row, any::AnyRow};

const BY_ID: &str =
    "SELECT id, order_id, kind, email, push, version, created_at, updated_at FROM notifications WHERE id = $1";

const BY_ORDER: Listing = Listing {
    count: "SELECT count(*) FROM notifications WHERE order_id = $1",
    rows: "SELECT id, order_id, kind, email, push, version, created_at, updated_at FROM notifications
           WHERE order_id = $1 ORDER BY created_at, id LIMIT $2 OFFSET $3",
};

/// Writes down what was told; what is there already stays.
pub(crate) async fn insert(tx: &mut Tx, told: &Notification) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO notifications (id, order_id, kind, email, push, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(told.id.to_string())
    .bind(told.order_id.to_string())
    .bind(name(&told.kind))
    .bind(name(&told.email))
    .bind(told.push.as_ref().map(name))
    .bind(told.version)
    .bind(told.created_at.as_micros())
    .bind(told.updated_at.as_micros())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The notification with this id.
pub(crate) async fn find(db: &Database, id: NotificationId) -> Result<Option<Notification>, DatabaseError> {
    let row = sqlx::query(BY_ID)
        .bind(id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(notification).transpose()
}

/// What was told about an order, oldest first.
pub(crate) async fn list(
    db: &Database,
    order_id: OrderId,
    page: PageRequest,
) -> Result<Page<Notification>, DatabaseError> {
    BY_ORDER.page(db, Some(&order_id.to_string()), page, notification).await
}

fn notification(row: &AnyRow) -> Result<Notification, DatabaseError> {
    let push: Option<String> = row.try_get("push")?;
    Ok(Notification {
        id: parsed(row, "id")?,
        order_id: parsed(row, "order_id")?,
        kind: named("kind", row.try_get("kind")?)?,
        email: named("email", row.try_get("email")?)?,
        push: push.map(|push| named("push", push)).transpose()?,
        version: row.try_get("version")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    })
}

/// An enum without content, by the name that it has on the wire.
fn name(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

fn named<T: DeserializeOwned>(column: &'static str, name: String) -> Result<T, DatabaseError> {
    serde_json::from_value(Value::String(name)).map_err(|error| DatabaseError::corrupt(column, error))
}
