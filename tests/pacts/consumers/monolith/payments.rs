use std::sync::Arc;

use commerce::{
    Currency, Error, IdempotencyKey, Money, OrderId, OrderStatus, PageRequest, Payment, PaymentConflict, PaymentError,
    PaymentId, PaymentStatus, Payments, Refund, http::payments::Client,
};
use pact_consumer::patterns::JsonPattern;
use seam::http::Socket;
use serde_json::json;

use super::{conflicts, invalid, is_invalid, is_missing, is_reused, shape};
use crate::consumers::{
    call::{Call, minted},
    feed,
    fixtures::{self, PRICE, SKU, TOTAL, any_payment, euros, ordered, page, paid_by, payment, payment_id},
    matchers::{exactly, money, one_of, only, text},
    states::{self, State},
    suite::{Link, Pact},
};

pub(crate) fn pact() -> Pact {
    let pact = impossible(refusals(refunds(lists(lookups(charges(Pact::between(
        "monolith", "payments",
    )))))));
    feed::read(pact, "payments", vec![captured()])
}

/// An order is charged once, however often that is requested; each caller gets the state of the payment.
fn charges(pact: Pact) -> Pact {
    let pay = |description| Call::post(description, minted("/v2/orders/${order_id}/payments", order_id()));
    let new = pay("pay for an order")
        .given(states::stocked(SKU, PRICE, 100))
        .given(ordered(OrderStatus::Pending));
    let again = pay("pay for an order once more").given(captured());
    let missing = Call::post(
        "pay for an order that does not exist",
        format!("/v2/orders/{}/payments", order_id()),
    );
    let paid = payment(order_id(), only(PaymentStatus::Captured), money(TOTAL));
    pact.call(new.answers(any_payment(order_id())), |payments| async {
        is_of_two_lamps(
            client(payments).process_payment(order_id()).await,
            PaymentStatus::Captured,
        );
    })
    .call(again.answers(paid), |payments| async {
        is_of_two_lamps(
            client(payments).process_payment(order_id()).await,
            PaymentStatus::Captured,
        );
    })
    .call(
        is_missing(missing, "order", &order_id().to_string()),
        |payments| async {
            let (what, id) = ("order".to_owned(), order_id().to_string());
            let missing = client(payments).process_payment(order_id()).await;
            assert_eq!(missing, Err(Error::NotFound { what, id }));
        },
    )
}

fn lookups(pact: Pact) -> Pact {
    let get =
        |description, state| Call::get(description, minted("/v2/payments/${payment_id}", payment_id())).given(state);
    let mut failure = payment(order_id(), only(PaymentStatus::Failed), money(euros(0)));
    if let JsonPattern::Object(fields) = &mut failure {
        fields.insert("failure".to_owned(), text("card declined"));
    }
    let missing = Call::get(
        "get a payment that does not exist",
        format!("/v2/payments/{}", unknown()),
    );
    let found = payment(order_id(), only(PaymentStatus::Captured), money(TOTAL));
    pact.call(get("get a payment", captured()).answers(found), |payments| async {
        is_of_two_lamps(
            client(payments).get_payment(payment_id()).await,
            PaymentStatus::Captured,
        );
    })
    .call(
        get("get a payment that failed", failed()).answers(failure),
        |payments| async {
            let failed = client(payments).get_payment(payment_id()).await;
            assert_eq!(failed.as_ref().unwrap().failure.as_deref(), Some("card declined"));
            is_of_two_lamps(failed, PaymentStatus::Failed);
        },
    )
    .call(
        is_missing(missing, "payment", &unknown().to_string()),
        |payments| async {
            let (what, id) = ("payment".to_owned(), unknown().to_string());
            let missing = client(payments).get_payment(unknown()).await;
            assert_eq!(missing, Err(Error::NotFound { what, id }));
        },
    )
}

fn lists(pact: Pact) -> Pact {
    let list = |description, number| {
        let place = minted("/v2/orders/${order_id}/payments", order_id());
        Call::get(description, place).page(number, 20).given(captured())
    };
    let none = Call::get(
        "list the payments of no known order",
        format!("/v2/orders/{}/payments", order_id()),
    );
    let one = page(vec![any_payment(order_id())], 1, 20, 1);
    let cases = [
        (1, (1, 1, 1), list("list the payments of an order", 1).answers(one)),
        (
            2,
            (0, 2, 1),
            list("list payments beyond the last page", 2).answers(page(Vec::new(), 2, 20, 1)),
        ),
        (1, (0, 1, 0), none.page(1, 20).answers(page(Vec::new(), 1, 20, 0))),
    ];
    cases.into_iter().fold(pact, |pact, (number, wanted, call)| {
        pact.call(call, move |payments| async move {
            let asked = PageRequest {
                page: number,
                page_size: 20,
            };
            let listed = client(payments).list_payments_for_order(order_id(), asked).await;
            assert_eq!(shape(&listed.unwrap()), wanted);
        })
    })
}

fn refunds(pact: Pact) -> Pact {
    let mut part = payment(order_id(), only(PaymentStatus::PartiallyRefunded), money(TOTAL));
    if let JsonPattern::Object(fields) = &mut part {
        fields.insert(
            "refunded".to_owned(),
            json_pattern!({ "cents": exactly(350), "currency": exactly("EUR") }),
        );
    }
    let again = Call::post("refund a part of a payment once more", place())
        .minted_key("${refund_key}", key("part"))
        .body(json!({ "amount": euros(350) }))
        .given(refunded(PaymentStatus::PartiallyRefunded, euros(350)));
    let given_back = payment(order_id(), only(PaymentStatus::PartiallyRefunded), money(TOTAL));
    pact.call(
        refund("refund a part of a payment", "part", euros(350))
            .given(captured())
            .answers(part),
        |payments| async {
            let refunded = ask(payments, "part", euros(350)).await;
            assert_eq!(refunded.as_ref().unwrap().refunded, euros(350));
            is_of_two_lamps(refunded, PaymentStatus::PartiallyRefunded);
        },
    )
    .call(again.answers(given_back), |payments| async {
        let refunded = ask(payments, "part", euros(350)).await;
        is_of_two_lamps(refunded, PaymentStatus::PartiallyRefunded);
    })
}

fn refusals(pact: Pact) -> Pact {
    let exceeds = json_pattern!({
        "kind": exactly("refund_exceeds_captured"),
        "wanted": money(TOTAL),
        "left": money(euros(1000)),
    });
    let illegal = json_pattern!({
        "kind": exactly("illegal_transition"),
        "from": one_of(&PaymentStatus::ALL, PaymentStatus::Failed),
        "to": one_of(&PaymentStatus::ALL, PaymentStatus::Refunded),
    });
    let closed = json_pattern!({ "kind": exactly("refund_refused"), "reason": text("account closed") });
    let closing = states::payment(PaymentStatus::Captured, &paid_by("tok_refund_refused"), TOTAL, euros(0));
    let reused = Call::post("refund another amount under a key that was used", place())
        .minted_key("${refund_key}", key("used"))
        .body(json!({ "amount": TOTAL }))
        .given(refunded(PaymentStatus::PartiallyRefunded, euros(350)));
    let part = refunded(PaymentStatus::PartiallyRefunded, euros(350));
    let all = |description, key, state| refund(description, key, TOTAL).given(state);
    let (wanted, left) = (TOTAL, euros(1000));
    let (from, to) = (PaymentStatus::Failed, PaymentStatus::Refunded);
    let (reason, used) = ("account closed".to_owned(), key("used").to_string());
    let cases = [
        (
            conflicts(all("refund more than is left", "more", part), exceeds),
            "more",
            Error::Conflict(PaymentConflict::RefundExceedsCaptured { wanted, left }),
        ),
        (
            conflicts(all("refund a payment that failed", "failed", failed()), illegal),
            "failed",
            Error::Conflict(PaymentConflict::IllegalTransition { from, to }),
        ),
        (
            conflicts(all("refund to an account that is closed", "closed", closing), closed),
            "closed",
            Error::Conflict(PaymentConflict::RefundRefused { reason }),
        ),
        (is_reused(reused, &used), "used", Error::KeyReused { key: used }),
    ];
    cases.into_iter().fold(pact, |pact, (call, key, wanted)| {
        pact.call(call, move |payments| {
            let wanted = wanted.clone();
            async move { assert_eq!(ask(payments, key, TOTAL).await, Err(wanted)) }
        })
    })
}

/// Refunds that can never succeed.
fn impossible(pact: Pact) -> Pact {
    let cases = [
        ("refund nothing", "nothing", euros(0), "amount.cents", "0"),
        (
            "refund in another currency",
            "dollars",
            dollars(350),
            "amount.currency",
            "USD",
        ),
    ];
    cases
        .into_iter()
        .fold(pact, |pact, (description, name, amount, field, value)| {
            let call = refund(description, name, amount).given(captured());
            pact.call(is_invalid(call, field, value), move |payments| async move {
                let refused = ask(payments, name, amount).await;
                assert_eq!(refused, Err(Error::InvalidInput(invalid(field, value))));
            })
        })
}

fn dollars(cents: i64) -> Money {
    let currency = Currency::try_from("USD".to_owned()).unwrap();
    Money { cents, currency }
}

/// A key for each payment, since one that was used for a payment is refused for another.
fn key(name: &str) -> IdempotencyKey {
    fixtures::key(&format!("{name}/{}", payment_id()))
}

fn refund(description: &str, name: &str, amount: Money) -> Call {
    let call = Call::post(description, place()).minted_key(&format!("{name}/${{payment_id}}"), payment_id());
    call.body(json!({ "amount": amount }))
}

fn place() -> crate::consumers::call::Place {
    minted("/v2/payments/${payment_id}/refunds", payment_id())
}

async fn ask(payments: Link, name: &str, amount: Money) -> Result<Payment, PaymentError> {
    let key = key(name);
    client(payments)
        .refund_payment(payment_id(), Refund { key, amount })
        .await
}

fn captured() -> State {
    states::payment(PaymentStatus::Captured, &paid_by("tok_ok"), TOTAL, euros(0))
}

fn failed() -> State {
    states::payment(PaymentStatus::Failed, &paid_by("tok_decline"), TOTAL, euros(0))
}

fn refunded(status: PaymentStatus, amount: Money) -> State {
    states::payment(status, &paid_by("tok_ok"), TOTAL, amount)
}

fn order_id() -> OrderId {
    fixtures::order_id("monolith-payments")
}

fn unknown() -> PaymentId {
    PaymentId::derive(&["monolith-payments", "unknown"])
}

fn client(payments: Link) -> Client<Arc<Socket>> {
    Client::new(payments.socket())
}

fn is_of_two_lamps(payment: Result<Payment, PaymentError>, wanted: PaymentStatus) {
    let payment = payment.unwrap();
    assert_eq!((payment.id, payment.order_id), (payment_id(), order_id()));
    assert_eq!((payment.status, payment.amount), (wanted, TOTAL));
}
