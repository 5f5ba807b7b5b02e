//! Calls that these tests share.

use std::{pin::pin, task::Poll};

use commerce::{Contact, Item, NewOrder, PaymentMethod};

/// An order of `quantity` pieces of one product of the modelled shop, for Ada.
pub(crate) fn order_for(key: &str, sku: &str, quantity: i64) -> NewOrder {
    NewOrder {
        key: key.parse().unwrap(),
        customer_id: "ada".parse().unwrap(),
        contact: Contact {
            email: "ada@example.org".to_owned(),
            push_token: None,
        },
        payment_method: PaymentMethod("tok_ok".to_owned()),
        items: vec![Item {
            sku: sku.parse().unwrap(),
            quantity,
        }],
    }
}

/// Polls a call at most `polls` times, whenever it is woken, and drops it if it is not done by then.
pub(crate) async fn give_up_after<F: Future>(polls: u32, call: F) {
    let mut call = pin!(call);
    let mut left = polls;
    std::future::poll_fn(|context| {
        if left == 0 || call.as_mut().poll(context).is_ready() {
            return Poll::Ready(());
        }
        left -= 1;
        Poll::Pending
    })
    .await;
}
