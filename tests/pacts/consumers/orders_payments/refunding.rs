use std::sync::Arc;

use commerce::{ErrorCode, Money, OrderStatus, PaymentEvent, PaymentStatus, http::payments};
use pact_consumer::patterns::JsonPattern;
use serde_json::json;
use shared::testing::{Log, until};

use super::{captured, order_id, with_one_order};
use crate::consumers::{
    call::{Call, minted},
    fixtures::{REASON, TOTAL, any_payment, euros, paid_by, payment_id},
    matchers::{exactly, money, text, whole},
    states::{self, State},
    suite::{Link, Pact},
};

/// The payment of a cancelled order is refunded, and the reply of Payments is kept.
pub(super) fn calls(pact: Pact) -> Pact {
    let all = refund("refund a payment", TOTAL).given(captured());
    let again = Call::post("refund a payment once more", place())
        .minted_key("${refund_key}", key(payment_id(), TOTAL))
        .body(json!({ "amount": TOTAL }))
        .given(refunded(PaymentStatus::Refunded, TOTAL));
    let refused = refund("refund a payment whose account is closed", TOTAL).given(states::payment(
        PaymentStatus::Captured,
        &paid_by("tok_refund_refused"),
        TOTAL,
        euros(0),
    ));
    let reason = json_pattern!({ "kind": exactly("refund_refused"), "reason": text("account closed") });
    let pact = pact
        .call(all.answers(any_payment(order_id())), |payments| async {
            ends_as(payments, "refunded").await;
        })
        .call(again.answers(any_payment(order_id())), |payments| async {
            ends_as(payments, "refunded").await;
        })
        .call(refused.refuses(ErrorCode::Conflict, reason), |payments| async {
            ends_as(payments, "refused: the provider refused the refund: account closed").await;
        });
    of_less(pact)
}

/// An operator has refunded a part before, or all of it.
fn of_less(pact: Pact) -> Pact {
    let part = || refunded(PaymentStatus::PartiallyRefunded, euros(1000));
    let too_much = refund("refund more than is left of a payment", TOTAL).given(part());
    let rest = refund("refund what is left of a payment", euros(350)).given(part());
    let nothing = refund("refund a payment that was refunded", TOTAL);
    let nothing = nothing.given(refunded(PaymentStatus::Refunded, TOTAL));
    pact.calls(
        [
            too_much.refuses(ErrorCode::Conflict, left(whole(350))),
            rest.answers(any_payment(order_id())),
        ],
        |payments| async { ends_as(payments, "refunded").await },
    )
    .call(
        nothing.refuses(ErrorCode::Conflict, left(exactly(0))),
        |payments| async {
            ends_as(payments, "refunded before").await;
        },
    )
}

fn left(cents: JsonPattern) -> JsonPattern {
    json_pattern!({
        "kind": exactly("refund_exceeds_captured"),
        "wanted": money(TOTAL),
        "left": { "cents": cents, "currency": exactly("EUR") },
    })
}

fn refunded(status: PaymentStatus, refunded: Money) -> State {
    states::payment(status, &paid_by("tok_ok"), TOTAL, refunded)
}

fn place() -> crate::consumers::call::Place {
    minted("/v2/payments/${payment_id}/refunds", payment_id())
}

fn refund(description: &str, amount: Money) -> Call {
    let call = Call::post(description, place());
    let call = call.minted_key(&key("${payment_id}", amount), payment_id());
    call.body(json!({ "amount": amount }))
}

fn key(payment_id: impl std::fmt::Display, amount: Money) -> String {
    format!("order-not-needed/{payment_id}/{}", amount.cents)
}

/// Checks the outcome of the refund of an order that was paid and then cancelled.
async fn ends_as(link: Link, wanted: &str) {
    let log = Arc::new(Log::default());
    let payments = Arc::new(payments::Client::new(link.socket()));
    let (orders, order) = with_one_order(payments, Arc::clone(&log) as _).await;
    log.append(&PaymentEvent::PaymentCaptured {
        payment_id: payment_id(),
        order_id: order.id,
        amount: TOTAL,
    });
    until("the order is confirmed", async || {
        let now = orders.service.get_order(order.id).await.unwrap();
        (now.status == OrderStatus::Confirmed).then_some(())
    })
    .await;

    let cancelled = orders.service.cancel_order(order.id, REASON.to_owned());
    cancelled.await.unwrap();

    let outcome = until("the refund has an outcome", async || {
        let known = orders
            .query("SELECT outcome FROM refunds WHERE outcome IS NOT NULL")
            .await;
        known.into_iter().next()
    })
    .await;
    assert_eq!(outcome, wanted);
    orders.close().await;
}
