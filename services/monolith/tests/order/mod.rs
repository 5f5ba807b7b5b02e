//! The order that the tests place.

use commerce::{Contact, Item, NewOrder, PaymentMethod};

/// An order of this many lamps, for Ada.
pub(crate) fn lamps(quantity: i64) -> NewOrder {
    NewOrder {
        key: "k".parse().unwrap(),
        customer_id: "ada".parse().unwrap(),
        contact: Contact {
            email: "ada@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items: vec![Item {
            sku: "lamp".parse().unwrap(),
            quantity,
        }],
    }
}
