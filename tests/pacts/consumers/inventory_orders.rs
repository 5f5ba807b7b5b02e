//! Inventory follows the orders: stock of a paid order is gone for good, stock of a cancelled one is released.

use commerce::{OrderId, OrderStatus, ProductUpdate, ReservationRequest};

use super::{
    events, feed,
    fixtures::{self, PRICE, SKU, items, ordered},
    incoming::IncomingMessage,
    message::Message,
    opened, states,
    suite::Pact,
};

/// Lamps that can be ordered, that are reserved, and that are committed.
type Lamps = (i64, i64, i64);

pub(crate) fn pact() -> Pact {
    let id = order_id();
    let cases = [
        (events::order_created(id), 1, OrderStatus::Pending, (8, 2, 0)),
        (events::order_confirmed(id), 2, OrderStatus::Confirmed, (8, 0, 2)),
        (events::order_cancelled(id), 2, OrderStatus::Cancelled, (10, 0, 0)),
        (events::order_shipped(id), 3, OrderStatus::Shipped, (8, 0, 2)),
        (events::order_delivered(id), 4, OrderStatus::Delivered, (8, 0, 2)),
    ];
    let pact = Pact::between("inventory", "orders");
    let pact = cases.into_iter().fold(pact, |pact, (event, version, status, wanted)| {
        let message = Message::of(event, version).given(states::stocked(SKU, PRICE, 100));
        pact.message(message.given(ordered(status)), move |message| async move {
            let message = message.after(&events::history(order_id(), version));
            assert_eq!(lamps_after(&message).await, wanted);
        })
    });
    let stocked = states::stocked(SKU, PRICE, 100);
    feed::read(pact, "orders", vec![stocked, ordered(OrderStatus::Pending)])
}

fn order_id() -> OrderId {
    fixtures::order_id("inventory-orders")
}

/// The stock after the message, with two lamps of ten reserved for the order before.
async fn lamps_after(message: &IncomingMessage) -> Lamps {
    let inventory = opened::inventory(message.feed()).await;
    let (order_id, items) = (order_id(), items(SKU, 2));
    let product = ProductUpdate {
        sku: items[0].sku.clone(),
        price: PRICE,
        stock: 10,
    };
    inventory.service.put_product(product).await.unwrap();
    let request = ReservationRequest { order_id, items };
    inventory.service.reserve(request).await.unwrap();

    inventory.handles("inventory.orders", message).await;

    let lamps = inventory.service.get_product(SKU.parse().unwrap()).await.unwrap();
    inventory.close().await;
    (lamps.stock, lamps.reserved, lamps.committed)
}
