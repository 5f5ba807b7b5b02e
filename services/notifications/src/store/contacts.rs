use commerce::{Contact, OrderId};
use shared::{Database, DatabaseError, Tx};
use sqlx::Row;

/// Keeps where the customer of an order is told; what is kept already stays.
pub(crate) async fn keep_contact(tx: &mut Tx, order_id: OrderId, contact: &Contact) -> Result<(), DatabaseError> {
    sqlx::query("INSERT INTO contacts (order_id, email, push_token) VALUES ($1, $2, $3) ON CONFLICT DO NOTHING")
        .bind(order_id.to_string())
        .bind(contact.email.as_str())
        .bind(contact.push_token.as_deref())
        .execute(tx.connection())
        .await?;
    Ok(())
}

/// Where the customer of an order is told, once its creation was heard of.
pub(crate) async fn contact_of(db: &Database, order_id: OrderId) -> Result<Option<Contact>, DatabaseError> {
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
