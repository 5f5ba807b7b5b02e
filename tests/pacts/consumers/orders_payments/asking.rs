use std::sync::Arc;

use commerce::{Error, OrderConflict, OrderError, OrderStatus, PaymentStatus, http::payments};
use pact_consumer::patterns::JsonPattern;

use super::{captured, order_id, with_one_order};
use crate::consumers::{
    call::{Call, minted},
    fixtures::{TOTAL, euros, page, paid_by, payment, payment_id},
    matchers::{exactly, money, only},
    neighbours::silence,
    states,
    suite::{Link, Pact},
};

/// An order is confirmed only if a captured payment covers all of it.
pub(super) fn calls(pact: Pact) -> Pact {
    let all = json_pattern!({ "cents": exactly(TOTAL.cents), "currency": exactly("EUR") });
    let paid = list("list the payments of an order that is paid", 1).given(captured());
    let failed = states::payment(PaymentStatus::Failed, &paid_by("tok_decline"), TOTAL, euros(0));
    let unpaid = list("list the payments of an order that could not be paid", 1).given(failed.clone());
    let beyond = list("list the payments of an order beyond the last page", 2).given(failed);
    let none = Call::get(
        "list the payments of an order that Payments does not know",
        format!("/v2/orders/{}/payments", order_id()),
    );
    pact.call(
        paid.answers(one_payment(PaymentStatus::Captured, all)),
        |payments| async {
            let (confirmed, payment_id) = (OrderStatus::Confirmed, payment_id());
            assert_eq!(confirm(payments).await, Ok((confirmed, Some(payment_id))));
        },
    )
    .calls(
        [
            unpaid.answers(one_payment(PaymentStatus::Failed, money(euros(0)))),
            beyond.answers(page(Vec::new(), 2, 100, 1)),
        ],
        is_not_paid,
    )
    .call(none.page(1, 100).answers(page(Vec::new(), 1, 100, 0)), is_not_paid)
}

fn list(description: &str, number: u32) -> Call {
    let place = minted("/v2/orders/${order_id}/payments", order_id());
    Call::get(description, place).page(number, 100)
}

fn one_payment(status: PaymentStatus, captured: JsonPattern) -> JsonPattern {
    page(vec![payment(order_id(), only(status), captured)], 1, 100, 1)
}

type Confirmed = Result<(OrderStatus, Option<commerce::PaymentId>), OrderError>;

async fn confirm(link: Link) -> Confirmed {
    let payments = Arc::new(payments::Client::new(link.socket()));
    let (orders, order) = with_one_order(payments, silence()).await;
    let confirmed = orders.service.confirm_order(order.id).await;
    orders.close().await;
    confirmed.map(|order| (order.status, order.payment_id))
}

async fn is_not_paid(payments: Link) {
    let order_id = order_id();
    let conflict = Error::Conflict(OrderConflict::NotPaid { order_id });
    assert_eq!(confirm(payments).await, Err(conflict));
}
