use commerce::{Order, OrderStatus, PaymentEvent, PaymentStatus};

use super::{captured, order_id, with_one_order};
use crate::consumers::{
    events,
    matchers::exactly,
    message::Message,
    neighbours::no_payments,
    news::News,
    states,
    suite::Pact,
    things::{TOTAL, euros, paid_by, payment_id},
};

/// Orders are confirmed or cancelled by what Payments says; what it gives back changes no order.
pub(super) fn messages(pact: Pact) -> Pact {
    let failed = states::payment(PaymentStatus::Failed, &paid_by("tok_decline"), TOTAL, euros(0));
    let refunded = states::payment(PaymentStatus::Refunded, &paid_by("tok_ok"), TOTAL, TOTAL);
    // Only a payment of its own total confirms an order.
    let total = json_pattern!({ "cents": exactly(TOTAL.cents), "currency": exactly("EUR") });
    pact.message(
        Message::of(events::payment_captured(order_id(), total), 1).given(captured()),
        |news| async move {
            let order = order_after(&news).await;
            let wanted = (OrderStatus::Confirmed, Some(payment_id()));
            assert_eq!((order.status, order.payment_id), wanted);
        },
    )
    .message(
        Message::of(events::payment_failed(order_id()), 1).given(failed),
        |news| async move {
            let order = order_after(&news).await;
            assert_eq!(order.status, OrderStatus::Cancelled);
            assert_eq!(order.cancel_reason.as_deref(), Some("payment failed: card declined"));
        },
    )
    .message(
        Message::of(events::payment_refunded(order_id()), 2).given(refunded),
        |news| async move {
            let captured = PaymentEvent::PaymentCaptured {
                payment_id: payment_id(),
                order_id: order_id(),
                amount: TOTAL,
            };
            let order = order_after(&news.after(&[captured])).await;
            assert_eq!(order.status, OrderStatus::Confirmed);
        },
    )
}

async fn order_after(news: &News) -> Order {
    let (orders, order) = with_one_order(no_payments(), news.feed()).await;
    orders.handles("orders.payments", news).await;
    let order = orders.service.get_order(order.id).await.unwrap();
    orders.close().await;
    order
}
