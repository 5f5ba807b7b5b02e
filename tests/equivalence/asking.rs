//! Orders as these tests ask for them.

use std::{
    pin::pin,
    task::Poll,
    time::{Duration, Instant},
};

use commerce::{Contact, Error, Item, NewOrder, Order, OrderError, Orders, PaymentMethod};

/// So many of one product of the modelled shop, for Ada.
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

/// Asks until it is answered with something else than "in flight", "not available" or nothing; fails after 30 s.
pub(crate) async fn answered(orders: &dyn Orders, order: &NewOrder) -> Result<Order, OrderError> {
    let deadline = Instant::now() + Duration::from_secs(30);
    loop {
        match orders.create_order(order.clone()).await {
            Err(open @ (Error::InFlight { .. } | Error::ServiceUnavailable { .. } | Error::Transport(_))) => {
                assert!(Instant::now() < deadline, "still {open} after 30 s");
                tokio::time::sleep(Duration::from_millis(5)).await;
            }
            answer => return answer,
        }
    }
}

/// Polls a call so many times, as it is woken, and drops it if it is not done by then.
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
