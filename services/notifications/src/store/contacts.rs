use commerce::{Contact, OrderId};
use shared::{Database, DatabaseError, Tx};
use sqlx::Row;

/// Inserts the contact data of an order's customer. Data that is there already stays.
pub(crate) async fn insert(tx: &mut Tx, order_id: OrderId, contact: &Contact) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO contacts (order_id, email, push_token) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(order_id.to_string())
        .bind(contact.email.as_str())
        .bind(contact.push_token.as_deref())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// The contact data of an order's customer. `None` until the event of the order's creation was handled.
pub(crate) async fn find(db: &Database, order_id: OrderId) -> Result<Option<Contact>, DatabaseError> {
    let row = sqlx::query("SELECT email, push_token FROM contacts WHERE order_id = $1")
        .bind(order_id.to_string())
        .fetch_optional(db.readers())
        .await?;
    row.map(|row| {
        Ok(Contact {
            email: row.try_get("email")?,
            push_token: row.try_get("push_token")?,
        })
    })
    .transpose()
}
