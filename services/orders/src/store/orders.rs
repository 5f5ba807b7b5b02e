use commerce::{Contact, CustomerId, Order, OrderId, OrderStatus, Page, PageRequest, PaymentMethod, Shipment};
use shared::{
    Database, DatabaseError, Listing, Tx,
    row::{self, instant, money, one_of, parsed},
};
use sqlx::{Row, any::AnyRow};

macro_rules! columns {
    () => {
        "id, customer_id, email, push_token, payment_method, status, lines, total_cents, currency, payment_id, \
         cancel_reason, carrier, tracking_number, version, created_at, updated_at"
    };
}

const BY_ID: &str = concat!("SELECT ", columns!(), " FROM orders WHERE id = $1");

const BY_CUSTOMER: Listing = Listing {
    count: "SELECT count(*) FROM orders WHERE customer_id = $1",
    rows: concat!(
        "SELECT ",
        columns!(),
        " FROM orders WHERE customer_id = $1 ORDER BY created_at DESC, id DESC LIMIT $2 OFFSET $3"
    ),
};

/// Inserts an order. `false`, and no change, if there is one with its id.
pub(crate) async fn insert(tx: &mut Tx, order: &Order) -> Result<bool, DatabaseError> {
    let inserted = sqlx::query(concat!(
        "INSERT INTO orders (",
        columns!(),
        ") VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, NULL, NULL, NULL, NULL, $10, $11, $12) ON CONFLICT DO NOTHING"
    ))
    .bind(order.id.to_string())
    .bind(order.customer_id.as_str())
    .bind(order.contact.email.as_str())
    .bind(order.contact.push_token.as_deref())
    .bind(order.payment_method.0.as_str())
    .bind(text(order.status))
    .bind(row::to_json("lines", &order.lines)?)
    .bind(order.total.cents)
    .bind(order.total.currency.as_str())
    .bind(order.version)
    .bind(order.created_at.as_micros())
    .bind(order.updated_at.as_micros())
    .execute(tx.connection())
    .await?;
    Ok(inserted.rows_affected() == 1)
}

/// Replaces `before` by `after`. `false`, and no change, if the order's status or version is not that of `before`
/// any more.
pub(crate) async fn replace(tx: &mut Tx, before: &Order, after: &Order) -> Result<bool, DatabaseError> {
    let replaced = sqlx::query(
        "UPDATE orders SET status = $1, payment_id = $2, cancel_reason = $3, carrier = $4, tracking_number = $5,
             version = $6, updated_at = $7
         WHERE id = $8 AND status = $9 AND version = $10",
    )
    .bind(text(after.status))
    .bind(after.payment_id.map(|id| id.to_string()))
    .bind(after.cancel_reason.as_deref())
    .bind(after.shipment.as_ref().map(|shipment| shipment.carrier.as_str()))
    .bind(
        after
            .shipment
            .as_ref()
            .map(|shipment| shipment.tracking_number.as_str()),
    )
    .bind(after.version)
    .bind(after.updated_at.as_micros())
    .bind(before.id.to_string())
    .bind(text(before.status))
    .bind(before.version)
    .execute(tx.connection())
    .await?;
    Ok(replaced.rows_affected() == 1)
}

/// The order, as the open transaction sees it.
pub(crate) async fn find_in(tx: &mut Tx, id: OrderId) -> Result<Option<Order>, DatabaseError> {
    let row = sqlx::query(BY_ID)
        .bind(id.to_string())
        .fetch_optional(tx.connection())
        .await?;
    row.as_ref().map(read).transpose()
}

/// The order as it was committed last.
pub(crate) async fn find(db: &Database, id: OrderId) -> Result<Option<Order>, DatabaseError> {
    let row = sqlx::query(BY_ID)
        .bind(id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.as_ref().map(read).transpose()
}

/// One page of a customer's orders, newest first.
pub(crate) async fn page(
    db: &Database,
    customer_id: &CustomerId,
    page: PageRequest,
) -> Result<Page<Order>, DatabaseError> {
    BY_CUSTOMER.page(db, Some(customer_id.as_str()), page, read).await
}

fn text(status: OrderStatus) -> &'static str {
    match status {
        OrderStatus::Pending => "pending",
        OrderStatus::Confirmed => "confirmed",
        OrderStatus::Shipped => "shipped",
        OrderStatus::Delivered => "delivered",
        OrderStatus::Cancelled => "cancelled",
    }
}

fn read(row: &AnyRow) -> Result<Order, DatabaseError> {
    let payment_id: Option<String> = row.try_get("payment_id")?;
    let payment_id = payment_id.map(|id| id.parse()).transpose();
    let shipment = match (row.try_get("carrier")?, row.try_get("tracking_number")?) {
        (Some(carrier), Some(tracking_number)) => Some(Shipment {
            carrier,
            tracking_number,
        }),
        _ => None,
    };
    Ok(Order {
        id: parsed(row, "id")?,
        customer_id: parsed(row, "customer_id")?,
        contact: Contact {
            email: row.try_get("email")?,
            push_token: row.try_get("push_token")?,
        },
        payment_method: PaymentMethod(row.try_get("payment_method")?),
        status: one_of(row, "status", OrderStatus::ALL, text)?,
        lines: row::json(row, "lines")?,
        total: money(row, "total_cents")?,
        payment_id: payment_id.map_err(|error| DatabaseError::corrupt("payment_id", error))?,
        cancel_reason: row.try_get("cancel_reason")?,
        shipment,
        version: row.try_get("version")?,
        created_at: instant(row, "created_at")?,
        updated_at: instant(row, "updated_at")?,
    })
}
