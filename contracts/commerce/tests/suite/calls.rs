//! Calls of each contract, each with a reply.

use std::time::Duration;

use commerce::{
    Batch, Error, EventFeedCall, EventFeedReply, FeedError, InventoryCall, InventoryReply, NewNotification,
    NotificationsCall, NotificationsReply, OrdersCall, OrdersReply, PaymentsCall, PaymentsReply, ProductUpdate, Refund,
    ReservationRequest,
};
use proptest::{collection::vec, option, prelude::*};
use seam::TransportFailure;

use crate::strategies::{
    contact, customer_id, error, invalid, inventory_conflict, item, key, kind, money, new_order, notification,
    notification_conflict, notification_id, order, order_conflict, order_id, page, page_request, payment,
    payment_conflict, payment_id, product, recorded_event, reservation, shipment, sku, text, whole,
};

/// Replies of an implementation: values more often than errors.
fn result<T, C>(
    value: impl Strategy<Value = T> + 'static,
    conflict: impl Strategy<Value = C> + 'static,
) -> BoxedStrategy<Result<T, Error<C>>>
where
    T: std::fmt::Debug + Clone + 'static,
    C: std::fmt::Display + std::fmt::Debug + Clone + 'static,
{
    prop_oneof![2 => value.prop_map(Ok), 1 => error(conflict).prop_map(Err)].boxed()
}

/// A call of each method of Orders, with a reply.
pub(crate) fn orders() -> impl Strategy<Value = (OrdersCall, OrdersReply)> {
    let one = || result(order(), order_conflict());
    let many = || result(page(order()), order_conflict());
    prop_oneof![
        (new_order(), one())
            .prop_map(|(order, reply)| (OrdersCall::CreateOrder { order }, OrdersReply::CreateOrder(reply))),
        (order_id(), one())
            .prop_map(|(order_id, reply)| (OrdersCall::GetOrder { order_id }, OrdersReply::GetOrder(reply))),
        (customer_id(), page_request(), many()).prop_map(|(customer_id, page, reply)| (
            OrdersCall::ListOrdersForCustomer { customer_id, page },
            OrdersReply::ListOrdersForCustomer(reply)
        )),
        (order_id(), one())
            .prop_map(|(order_id, reply)| (OrdersCall::ConfirmOrder { order_id }, OrdersReply::ConfirmOrder(reply))),
        (order_id(), text(), one()).prop_map(|(order_id, reason, reply)| (
            OrdersCall::CancelOrder { order_id, reason },
            OrdersReply::CancelOrder(reply)
        )),
        (order_id(), shipment(), one()).prop_map(|(order_id, shipment, reply)| (
            OrdersCall::ShipOrder { order_id, shipment },
            OrdersReply::ShipOrder(reply)
        )),
        (order_id(), one())
            .prop_map(|(order_id, reply)| (OrdersCall::DeliverOrder { order_id }, OrdersReply::DeliverOrder(reply))),
    ]
}

/// A call of each method of Payments, with a reply.
pub(crate) fn payments() -> impl Strategy<Value = (PaymentsCall, PaymentsReply)> {
    let one = || result(payment(), payment_conflict());
    let refund = (key(), money()).prop_map(|(key, amount)| Refund { key, amount });
    prop_oneof![
        (order_id(), one()).prop_map(|(order_id, reply)| (
            PaymentsCall::ProcessPayment { order_id },
            PaymentsReply::ProcessPayment(reply)
        )),
        (payment_id(), one()).prop_map(|(payment_id, reply)| (
            PaymentsCall::GetPayment { payment_id },
            PaymentsReply::GetPayment(reply)
        )),
        (order_id(), page_request(), result(page(payment()), payment_conflict())).prop_map(
            |(order_id, page, reply)| (
                PaymentsCall::ListPaymentsForOrder { order_id, page },
                PaymentsReply::ListPaymentsForOrder(reply)
            )
        ),
        (payment_id(), refund, one()).prop_map(|(payment_id, refund, reply)| (
            PaymentsCall::RefundPayment { payment_id, refund },
            PaymentsReply::RefundPayment(reply)
        )),
    ]
}

/// A call of each method of Inventory, with a reply.
pub(crate) fn inventory() -> impl Strategy<Value = (InventoryCall, InventoryReply)> {
    let update = (sku(), money(), whole()).prop_map(|(sku, price, stock)| ProductUpdate { sku, price, stock });
    let request = (order_id(), vec(item(), 0..4)).prop_map(|(order_id, items)| ReservationRequest { order_id, items });
    let one = || result(reservation(), inventory_conflict());
    prop_oneof![
        (update, result(product(), inventory_conflict()))
            .prop_map(|(product, reply)| (InventoryCall::PutProduct { product }, InventoryReply::PutProduct(reply))),
        (sku(), result(product(), inventory_conflict()))
            .prop_map(|(sku, reply)| (InventoryCall::GetProduct { sku }, InventoryReply::GetProduct(reply))),
        (page_request(), result(page(product()), inventory_conflict())).prop_map(|(page, reply)| (
            InventoryCall::ListProducts { page },
            InventoryReply::ListProducts(reply)
        )),
        (request, one())
            .prop_map(|(request, reply)| (InventoryCall::Reserve { request }, InventoryReply::Reserve(reply))),
        (order_id(), one())
            .prop_map(|(order_id, reply)| (InventoryCall::Release { order_id }, InventoryReply::Release(reply))),
        (order_id(), one())
            .prop_map(|(order_id, reply)| (InventoryCall::Commit { order_id }, InventoryReply::Commit(reply))),
    ]
}

/// A call of each method of Notifications, with a reply.
pub(crate) fn notifications() -> impl Strategy<Value = (NotificationsCall, NotificationsReply)> {
    let new = (key(), order_id(), contact(), kind(), option::of(text()));
    let new = new.prop_map(|(key, order_id, contact, kind, note)| NewNotification {
        key,
        order_id,
        contact,
        kind,
        note,
    });
    let one = || result(notification(), notification_conflict());
    prop_oneof![
        (new, one()).prop_map(|(notification, reply)| (
            NotificationsCall::Notify { notification },
            NotificationsReply::Notify(reply)
        )),
        (notification_id(), one()).prop_map(|(notification_id, reply)| (
            NotificationsCall::GetNotification { notification_id },
            NotificationsReply::GetNotification(reply)
        )),
        (
            order_id(),
            page_request(),
            result(page(notification()), notification_conflict())
        )
            .prop_map(|(order_id, page, reply)| (
                NotificationsCall::ListNotificationsForOrder { order_id, page },
                NotificationsReply::ListNotificationsForOrder(reply)
            )),
    ]
}

fn batch() -> impl Strategy<Value = Batch> {
    (any::<u128>(), vec(recorded_event(), 0..4)).prop_map(|(log, events)| Batch {
        log: uuid::Uuid::from_u128(log),
        events,
    })
}

/// A call of EventFeed, with a reply. Waits are whole milliseconds up to 30 s, the most that crosses HTTP.
pub(crate) fn feeds() -> impl Strategy<Value = (EventFeedCall, EventFeedReply)> {
    let wait = (0_u64..=30_000).prop_map(Duration::from_millis);
    let call = (whole(), any::<u32>(), wait);
    let failure = prop_oneof![
        invalid().prop_map(FeedError::Invalid),
        text().prop_map(FeedError::Unreadable),
        (text(), text()).prop_map(|(to, reason)| FeedError::Transport(TransportFailure::new(to, reason))),
    ];
    let reply = prop_oneof![2 => batch().prop_map(Ok), 1 => failure.prop_map(Err)];
    (call, reply).prop_map(|((after, limit, wait), reply)| {
        let call = EventFeedCall::ReadEvents { after, limit, wait };
        (call, EventFeedReply::ReadEvents(reply))
    })
}
