use commerce::{OrderId, Timestamp};
use shared::{Database, DatabaseError, Tx, row::parsed};

/// Schedules the release of the stock of an order that will never exist.
pub(crate) async fn schedule(tx: &mut Tx, order_id: OrderId) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO releases (order_id, due_at) VALUES ($1, $2) ON CONFLICT DO NOTHING")
        .bind(order_id.to_string())
        .bind(Timestamp::now().as_micros())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The orders whose release was scheduled first, at most `limit`.
pub(crate) async fn due(db: &Database, limit: i64) -> Result<Vec<OrderId>, DatabaseError> {
    let rows = sqlx::query("SELECT order_id FROM releases ORDER BY due_at LIMIT $1")
        .bind(limit)
        .fetch_all(db.readers())
        .await?;
    rows.iter().map(|row| parsed(row, "order_id")).collect()
}

/// Deletes a release that Inventory has confirmed.
pub(crate) async fn settle(tx: &mut Tx, order_id: OrderId) -> Result<(), DatabaseError> {
    sqlx::query("DELETE FROM releases WHERE order_id = $1")
        .bind(order_id.to_string())
        .execute(tx.connection())
        .await?;
    Ok(())
}
