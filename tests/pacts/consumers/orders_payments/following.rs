use commerce::{Order, OrderStatus, PaymentEvent, PaymentStatus};

use super::{captured, order_id, with_one_order};
use crate::consumers::{
    events,
    fixtures::{TOTAL, euros, paid_by, payment_id},
    incoming::IncomingMessage,
    matchers::exactly,
    message::Message,
    neighbours::no_payments,
    states,
    suite::Pact,
};

/// Orders are confirmed or cancelled by the events of Payments; a refund changes no order.
pub(super) fn messages(pact: Pact) -> Pact {
    let failed = states::payment(PaymentStatus::Failed, &paid_by("tok_decline"), TOTAL, euros(0));
    let refunded = states::payment(PaymentStatus::Refunded, &paid_by("tok_ok"), TOTAL, TOTAL);
    // Only a payment of its own total confirms an order.
    let total = json_pattern!({ "cents": exactly(TOTAL.cents), "currency": exactly("EUR") });
    pact.message(
        Message::of(events::payment_captured(order_id(), total), 1).given(captured()),
        |message| async move {
            let order = order_after(&message).await;
            let wanted = (OrderStatus::Confirmed, Some(payment_id()));
            assert_eq!((order.status, order.payment_id), wanted);
        },
    )
    .message(
        Message::of(events::payment_failed(order_id()), 1).given(failed),
        |message| async move {
            let order = order_after(&message).await;
            assert_eq!(order.status, OrderStatus::Cancelled);
            assert_eq!(order.cancel_reason.as_deref(), Some("payment failed: card declined"));
        },
    )
    .message(
        Message::of(events::payment_refunded(order_id()), 2).given(refunded),
        |message| async move {
            let captured = PaymentEvent::PaymentCaptured {
                payment_id: payment_id(),
                order_id: order_id(),
                amount: TOTAL,
            };
            let order = order_after(&message.after(&[captured])).await;
            assert_eq!(order.status, OrderStatus::Confirmed);
        },
    )
}

async fn order_after(message: &IncomingMessage) -> Order {
    let (orders, order) = with_one_order(no_payments(), message.feed()).await;
    orders.handles("orders.payments", message).await;
    let order = orders.service.get_order(order.id).await.unwrap();
    orders.close().await;
    order
}
