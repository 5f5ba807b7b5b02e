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

/// Inserts a notification. One that is there already stays.
pub(crate) async fn insert(tx: &mut Tx, notification: &Notification) -> Result<(), DatabaseError> {
    sqlx::query(
        "INSERT INTO notifications (id, order_id, kind, email, push, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6, $7, $8) ON CONFLICT DO NOTHING",
    )
    .bind(notification.id.to_string())
    .bind(notification.order_id.to_string())
    .bind(name(&notification.kind))
    .bind(name(&notification.email))
    .bind(notification.push.as_ref().map(name))
    .bind(notification.version)
    .bind(notification.created_at.as_micros())
    .bind(notification.updated_at.as_micros())
    .execute(tx.connection())
    .await?;
    Ok(())
}

/// The notification as it was committed last.
pub(crate) async fn find(db: &Database, id: NotificationId) -> Result<Option<Notification>, DatabaseError> {
    let row = sqlx::query(BY_ID)
        .bind(id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(read).transpose()
}

/// One page of an order's notifications, oldest first.
pub(crate) async fn page(
    db: &Database,
    order_id: OrderId,
    page: PageRequest,
) -> Result<Page<Notification>, DatabaseError> {
    BY_ORDER.page(db, Some(&order_id.to_string()), page, read).await
}

fn read(row: &AnyRow) -> Result<Notification, DatabaseError> {
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

/// The name on the wire of an enum's variant without fields.
fn name(value: &impl Serialize) -> String {
    let name = serde_json::to_value(value).unwrap_or_default();
    name.as_str().unwrap_or_default().to_owned()
}

fn named<T: DeserializeOwned>(column: &'static str, name: String) -> Result<T, DatabaseError> {
    serde_json::from_value(Value::String(name)).map_err(|error| DatabaseError::corrupt(column, error))
}
