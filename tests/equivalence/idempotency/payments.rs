use std::sync::Arc;

use commerce::{Currency, ErrorCode, Money, Payments, PaymentsCall, PaymentsReply};
use seam::equivalence::Instance;
use tests::equivalence::{
    Reach, Storage,
    models::{fixed_order, fixed_payment},
    suites::open_payments,
};

use super::write::{Bodies, Done, KEY, Opened, Refusable, Write, events, sum};

pub(super) struct Process;
pub(super) struct Refund;

impl Opened for dyn Payments {
    async fn open(storage: Storage, reach: Reach) -> Result<Instance<Self>, String> {
        open_payments(storage, reach).await
    }

    fn error(reply: &PaymentsReply) -> Option<ErrorCode> {
        match reply {
            PaymentsReply::ProcessPayment(answer) | PaymentsReply::RefundPayment(answer) => {
                answer.as_ref().err().map(commerce::Error::code)
            }
            other => panic!("{other:?} answers a read"),
        }
    }
}

/// A paid order: its name, and its total in cents.
const ORDER: (&str, i64) = ("card", 1_000);
/// An order whose refunds the provider declines.
const FINAL: &str = "final";

impl Write for Process {
    type Contract = dyn Payments;

    fn call(_: i64) -> PaymentsCall {
        let order_id = fixed_order(ORDER.0);
        PaymentsCall::ProcessPayment { order_id }
    }

    fn once(_: i64) -> i64 {
        ORDER.1
    }

    async fn done(instance: &Instance<dyn Payments>) -> Done {
        let effects = instance.effects().await.unwrap().unwrap();
        Done {
            own: vec![events(&effects, "PaymentCaptured", "/amount/cents")],
            outside: vec![
                sum(&effects[1]["ledger"]["authorizations"], "/amount/cents"),
                sum(&effects[1]["ledger"]["charges"], "/charge/amount/cents"),
            ],
        }
    }
}

fn refund_of(order: &str, key: &str, cents: i64) -> PaymentsCall {
    PaymentsCall::RefundPayment {
        payment_id: fixed_payment(fixed_order(order)),
        refund: commerce::Refund {
            key: key.parse().unwrap(),
            amount: Money::new(cents, Currency::EUR),
        },
    }
}

impl Write for Refund {
    type Contract = dyn Payments;

    async fn prepare(payments: Arc<dyn Payments>) {
        for order in [ORDER.0, FINAL] {
            payments.process_payment(fixed_order(order)).await.unwrap();
        }
    }

    fn call(body: i64) -> PaymentsCall {
        refund_of(ORDER.0, KEY, body)
    }

    async fn done(instance: &Instance<dyn Payments>) -> Done {
        let effects = instance.effects().await.unwrap().unwrap();
        Done {
            own: vec![events(&effects, "PaymentRefunded", "/amount/cents")],
            outside: vec![
                sum(&effects[1]["ledger"]["refunds"], "/amount/cents"),
                sum(&effects[1]["ledger"]["charges"], "/refunded_cents"),
            ],
        }
    }
}

impl Bodies for Refund {}

impl Refusable for Refund {
    fn refused() -> PaymentsCall {
        refund_of(FINAL, "refused", 1)
    }
}
