//! What the tests sell and order.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use commerce::{Contact, Currency, Item, Money, NewOrder, PaymentMethod, ProductUpdate};

/// So many lamps in stock.
pub(crate) fn stocked(stock: i64) -> ProductUpdate {
    ProductUpdate {
        sku: "lamp".parse().unwrap(),
        price: Money::new(2_000, Currency::EUR),
        stock,
    }
}

/// An order of so many lamps under this key, for Ada.
pub(crate) fn ordered(key: &str, quantity: i64) -> NewOrder {
    NewOrder {
        key: key.parse().unwrap(),
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
