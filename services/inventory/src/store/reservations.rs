use commerce::{OrderId, Reservation, ReservationStatus};
use shared::{
    DatabaseError, Tx,
    row::{self, instant, one_of, parsed},
};
use sqlx::{Row, any::AnyRow};

/// The order's reservation, as the open transaction sees it.
pub(crate) async fn find_in(tx: &mut Tx, order_id: OrderId) -> Result<Option<Reservation>, DatabaseError> {
    let row = sqlx::query(
        "SELECT order_id, status, lines, version, created_at, updated_at FROM reservations WHERE order_id = $1",
    )
    .bind(order_id.to_string())
    .fetch_optional(tx.connection())
    .await?;
    row.as_ref().map(read).transpose()
}

/// Inserts a reservation. `false`, and no change, if the order has one already.
pub(crate) async fn insert(tx: &mut Tx, reservation: &Reservation) -> Result<bool, DatabaseError> {
    let inserted = sqlx::query(
        "INSERT INTO reservations (order_id, status, lines, version, created_at, updated_at)
         VALUES ($1, $2, $3, $4, $5, $6) ON CONFLICT DO NOTHING",
    )
    .bind(reservation.order_id.to_string())
    .bind(text(reservation.status))
    .bind(row::to_json("lines", &reservation.lines)?)
    .bind(reservation.version)
    .bind(reservation.created_at.as_micros())
    .bind(reservation.updated_at.as_micros())
    .execute(tx.connection())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Replaces `before` by `after`. `false`, and no change, if the reservation's status or version is not that of
/// `before` any more.
pub(crate) async fn replace(tx: &mut Tx, before: &Reservation, after: &Reservation) -> Result<bool, DatabaseError> {
    let replaced = sqlx::query(
        "UPDATE reservations SET status = $1, version = $2, updated_at = $3
         WHERE order_id = $4 AND status = $5 AND version = $6",
    )
    .bind(text(after.status))
    .bind(after.version)
    .bind(after.updated_at.as_micros())
    .bind(before.order_id.to_string())
    .bind(text(before.status))
    .bind(before.version)
    .execute(tx.connection())
    .await?;
    Ok(replaced.rows_affected() == 1)
}

fn text(status: ReservationStatus) -> &'static str {
    match status {
        ReservationStatus::Reserved => "reserved",
        ReservationStatus::Committed => "committed",
        ReservationStatus::Released => "released",
    }
}

fn read(row: &AnyRow) -> Result<Reservation, DatabaseError> {
    Ok(Reservation {
        order_id: parsed(row, "order_id")?,
        status: one_of(row, "status", ReservationStatus::ALL, text)?,
        lines: row::json(row, "lines")?,
        version: row.try_get("version")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    })
}
