use commerce::{Currency, IdempotencyKey, Money, OrderId, Payment, PaymentId, PaymentsCall, Refund};
use proptest::{prelude::*, sample::select, strategy::Union};

use super::{Asked, PaymentsModel, orders, payment_id};
use crate::equivalence::models::values::{idempotency_key, page, price_in};

/// Strategy for charges, refunds, repetitions of them and queries, legal or not.
pub(super) fn call(model: &PaymentsModel) -> BoxedStrategy<PaymentsCall> {
    let get = |payment_id| PaymentsCall::GetPayment { payment_id };
    let process = order_id().prop_map(|order_id| PaymentsCall::ProcessPayment { order_id });
    let get_any = order_id().prop_map(move |order_id| get(payment_id(order_id)));
    let list = (order_id(), page()).prop_map(|(order_id, page)| PaymentsCall::ListPaymentsForOrder { order_id, page });
    let mut calls = vec![
        (5, process.boxed()),
        (1, get_any.boxed()),
        (2, list.boxed()),
        (1, refund_of_any().boxed()),
    ];
    let known: Vec<Payment> = model.payments.values().cloned().collect();
    if !known.is_empty() {
        let looks: Vec<_> = known.iter().map(|payment| get(payment.id)).collect();
        calls.push((1, select(looks).boxed()));
        calls.push((7, refund_of(known).boxed()));
    }
    let asked: Vec<_> = model.refunds.values().cloned().collect();
    if !asked.is_empty() {
        calls.push((2, refund_again(asked).boxed()));
    }
    Union::new_weighted(calls).boxed()
}

/// Strategy for an order: mostly one that can be paid.
fn order_id() -> impl Strategy<Value = OrderId> {
    let name = prop_oneof![3 => select(&orders::NAMES[..5]), 2 => select(&orders::NAMES[..])];
    name.prop_map(orders::id_of)
}

/// Strategy for a refund of a payment that may not exist.
fn refund_of_any() -> impl Strategy<Value = PaymentsCall> {
    let cents = prop_oneof![4 => 1..=100_i64, 1 => select(&[0, -1][..])];
    (order_id(), idempotency_key(), cents).prop_map(|(order_id, key, cents)| {
        let amount = Money::new(cents, Currency::EUR);
        refund(payment_id(order_id), key, amount)
    })
}

/// Strategy for a refund of one of these payments: a part of the rest, all of it, more than that, nothing or
/// less.
fn refund_of(known: Vec<Payment>) -> impl Strategy<Value = PaymentsCall> {
    let one = select(known).prop_flat_map(|payment| {
        let left = payment.captured.cents - payment.refunded.cents;
        let most = left.max(1);
        let cents = prop_oneof![
            6 => (1..=most / 3 + 1).prop_map(move |cents| cents.min(most)),
            2 => Just(most),
            2 => Just(left.saturating_add(1)),
            1 => select(&[0, -1, i64::MIN, i64::MAX][..]),
        ];
        let currency = prop_oneof![
            12 => Just(payment.amount.currency),
            1 => select(&["EUR", "JPY"][..]).prop_map(|code| price_in(0, code).currency),
        ];
        (Just(payment.id), cents, currency)
    });
    (one, idempotency_key())
        .prop_map(|((payment_id, cents, currency), key)| refund(payment_id, key, Money::new(cents, currency)))
}

/// Repeats an earlier refund, or changes one field under the same key.
fn refund_again(asked: Vec<Asked>) -> impl Strategy<Value = PaymentsCall> {
    select(asked).prop_flat_map(|asked| {
        let same = || (Just(asked.payment_id), Just(asked.refund.amount));
        let amount = |amount| (Just(asked.payment_id), Just(amount));
        let Money { cents, currency } = asked.refund.amount;
        let other = if currency == Currency::EUR { "JPY" } else { "EUR" };
        let again = prop_oneof![
            4 => same(),
            1 => amount(Money::new(cents.saturating_add(1), currency)),
            1 => amount(Money::new(-cents, currency)),
            1 => amount(price_in(cents, other)),
        ];
        let elsewhere = (order_id().prop_map(payment_id), Just(asked.refund.amount));
        let key = asked.refund.key.clone();
        prop_oneof![7 => again, 1 => elsewhere]
            .prop_map(move |(payment_id, amount)| refund(payment_id, key.clone(), amount))
    })
}

fn refund(payment_id: PaymentId, key: IdempotencyKey, amount: Money) -> PaymentsCall {
    PaymentsCall::RefundPayment {
        payment_id,
        refund: Refund { key, amount },
    }
}
