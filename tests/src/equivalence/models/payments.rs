mod calls;
mod orders;
mod provider_ledger;

use std::{borrow::Cow, collections::BTreeMap};

use commerce::{
    Error, IdempotencyKey, Invalid, Money, Order, OrderError, OrderId, OrderStatus, Page, PageRequest, Payment,
    PaymentConflict, PaymentError, PaymentEvent, PaymentId, PaymentStatus, Payments, PaymentsCall, PaymentsReply,
    Refund,
};
use proptest::strategy::BoxedStrategy;
use seam::equivalence::{Cell, Model};
use serde_json::{Value, json};

use self::provider_ledger::{ProviderLedger, status_with};
use super::{log::Log, values::page_of};

pub use self::orders::id_of;
pub(crate) use self::{orders::FixedOrders, provider_ledger::shown};

/// The behaviour that [`Payments`] promises, with a fixed set of orders and the payment provider of the outside
/// world.
///
/// A key repeats a reply only if the provider was asked. A request that is malformed, names nothing or is
/// forbidden by the payment's state starts nothing, and its key stays new.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct PaymentsModel {
    payments: BTreeMap<OrderId, Payment>,
    refunds: BTreeMap<IdempotencyKey, Asked>,
    provider: ProviderLedger,
    log: Log,
}

/// A refund that the provider was asked for.
#[derive(Clone, Debug, PartialEq)]
struct Asked {
    payment_id: PaymentId,
    refund: Refund,
    answer: Result<Payment, PaymentError>,
}

/// The id of the payment of an order. There is one attempt per order.
pub fn payment_id(order_id: OrderId) -> PaymentId {
    PaymentId::derive(&[&order_id.to_string(), "1"])
}

impl PaymentsModel {
    fn process(&mut self, order_id: OrderId) -> Result<Payment, PaymentError> {
        if let Some(known) = self.payments.get(&order_id) {
            return Ok(known.clone());
        }
        let order = orders::get(order_id).map_err(from_orders)?;
        if order.status != OrderStatus::Pending {
            let status = word(order.status);
            return Err(Error::Conflict(PaymentConflict::OrderNotPayable { order_id, status }));
        }
        let payment = self.charge(&order);
        self.payments.insert(order_id, payment.clone());
        Ok(payment)
    }

    /// Charges an order in two versions: the recorded intent, then the provider's answer.
    fn charge(&mut self, order: &Order) -> Payment {
        let nothing = Money::zero(order.total.currency);
        let mut payment = Payment {
            id: payment_id(order.id),
            order_id: order.id,
            status: PaymentStatus::Failed,
            amount: order.total,
            captured: nothing,
            refunded: nothing,
            failure: None,
            version: 2,
            created_at: self.log.now(),
            updated_at: self.log.now(),
        };
        let (payment_id, order_id) = (payment.id, payment.order_id);
        match self.provider.authorize(order) {
            Ok(()) => {
                self.provider.capture(order);
                payment.status = PaymentStatus::Captured;
                payment.captured = order.total;
                self.log.append(&PaymentEvent::PaymentCaptured {
                    payment_id,
                    order_id,
                    amount: order.total,
                });
            }
            Err(reason) => {
                payment.failure = Some(reason.to_owned());
                self.log.append(&PaymentEvent::PaymentFailed {
                    payment_id,
                    order_id,
                    reason: reason.to_owned(),
                });
            }
        }
        payment
    }

    fn get(&self, id: PaymentId) -> Result<Payment, PaymentError> {
        self.payment(id).cloned().ok_or_else(|| Error::NotFound {
            what: "payment".to_owned(),
            id: id.to_string(),
        })
    }

    fn payment(&self, id: PaymentId) -> Option<&Payment> {
        self.payments.values().find(|payment| payment.id == id)
    }

    fn list(&self, order_id: OrderId, page: PageRequest) -> Result<Page<Payment>, PaymentError> {
        let page = page.validate()?;
        let all = self.payments.get(&order_id).cloned().into_iter().collect();
        Ok(page_of(all, page))
    }

    fn refund(&mut self, payment_id: PaymentId, refund: &Refund) -> Result<Payment, PaymentError> {
        refund.validate()?;
        if let Some(asked) = self.refunds.get(&refund.key) {
            if asked.payment_id == payment_id && asked.refund == *refund {
                return asked.answer.clone();
            }
            let key = refund.key.to_string();
            return Err(Error::KeyReused { key });
        }
        let payment = self.get(payment_id)?;
        refundable(&payment, refund.amount)?;
        let answer = self.give_back(payment, refund.amount);
        let asked = Asked {
            payment_id,
            refund: refund.clone(),
            answer: answer.clone(),
        };
        self.refunds.insert(refund.key.clone(), asked);
        answer
    }

    fn give_back(&mut self, mut payment: Payment, amount: Money) -> Result<Payment, PaymentError> {
        let order = orders::get(payment.order_id).map_err(from_orders)?;
        if let Err(reason) = self.provider.refund(&order, amount.cents) {
            let reason = reason.to_owned();
            return Err(Error::Conflict(PaymentConflict::RefundRefused { reason }));
        }
        payment.refunded.cents += amount.cents;
        payment.status = status_with(payment.captured.cents - payment.refunded.cents);
        payment.version += 1;
        payment.updated_at = self.log.now();
        self.payments.insert(payment.order_id, payment.clone());
        self.log.append(&PaymentEvent::PaymentRefunded {
            payment_id: payment.id,
            order_id: payment.order_id,
            amount,
            refunded: payment.refunded,
        });
        Ok(payment)
    }
}

/// Checks that `wanted` can be refunded of the payment.
fn refundable(payment: &Payment, wanted: Money) -> Result<(), PaymentError> {
    let own = payment.amount.currency;
    if wanted.currency != own {
        let invalid = Invalid::new(
            "amount.currency",
            wanted.currency,
            format!("{own}, the payment's currency"),
        );
        return Err(Error::InvalidInput(invalid));
    }
    if payment.status == PaymentStatus::Failed {
        let (from, to) = (payment.status, PaymentStatus::Refunded);
        return Err(Error::Conflict(PaymentConflict::IllegalTransition { from, to }));
    }
    let left = Money::new(payment.captured.cents - payment.refunded.cents, own);
    if wanted.cents > left.cents {
        return Err(Error::Conflict(PaymentConflict::RefundExceedsCaptured { wanted, left }));
    }
    Ok(())
}

fn from_orders(error: OrderError) -> PaymentError {
    match error {
        Error::NotFound { what, id } => Error::NotFound { what, id },
        error => Error::ServiceUnavailable {
            service: "orders".to_owned(),
            reason: format!("it was asked for the order: {error}"),
        },
    }
}

/// The wire form of a status.
fn word(status: impl serde::Serialize) -> String {
    let word = serde_json::to_value(status).unwrap_or_default();
    word.as_str().unwrap_or_default().to_owned()
}

impl Model for PaymentsModel {
    type Contract = dyn Payments;

    fn next_call(&self) -> BoxedStrategy<PaymentsCall> {
        calls::call(self)
    }

    fn apply(&mut self, call: &PaymentsCall) -> PaymentsReply {
        match call {
            PaymentsCall::ProcessPayment { order_id } => PaymentsReply::ProcessPayment(self.process(*order_id)),
            PaymentsCall::GetPayment { payment_id } => PaymentsReply::GetPayment(self.get(*payment_id)),
            PaymentsCall::ListPaymentsForOrder { order_id, page } => {
                PaymentsReply::ListPaymentsForOrder(self.list(*order_id, *page))
            }
            PaymentsCall::RefundPayment { payment_id, refund } => {
                PaymentsReply::RefundPayment(self.refund(*payment_id, refund))
            }
        }
    }

    fn state(&self, call: &PaymentsCall) -> Cow<'static, str> {
        let payment = |id| self.payment(id).map(|payment| word(payment.status));
        match call {
            PaymentsCall::ProcessPayment { order_id } => match (self.payments.get(order_id), orders::get(*order_id)) {
                (Some(payment), _) => word(payment.status).into(),
                (None, Ok(order)) => format!("{} order", word(order.status)).into(),
                (None, Err(Error::NotFound { .. })) => "no order".into(),
                (None, Err(_)) => "silent orders".into(),
            },
            PaymentsCall::GetPayment { payment_id } => payment(*payment_id).unwrap_or("none".to_owned()).into(),
            PaymentsCall::ListPaymentsForOrder { order_id, .. } => match self.payments.get(order_id) {
                Some(_) => "one".into(),
                None => "none".into(),
            },
            PaymentsCall::RefundPayment { payment_id, refund } => match self.refunds.get(&refund.key) {
                Some(Asked { answer: Ok(_), .. }) => "key of a refund".into(),
                Some(Asked { answer: Err(_), .. }) => "key of a refused refund".into(),
                None => payment(*payment_id).unwrap_or("none".to_owned()).into(),
            },
        }
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[
            ("pending order", "process_payment", "ok"),
            ("confirmed order", "process_payment", "conflict/order_not_payable"),
            ("shipped order", "process_payment", "conflict/order_not_payable"),
            ("delivered order", "process_payment", "conflict/order_not_payable"),
            ("cancelled order", "process_payment", "conflict/order_not_payable"),
            ("no order", "process_payment", "not_found"),
            ("silent orders", "process_payment", "service_unavailable"),
            ("captured", "process_payment", "ok"),
            ("failed", "process_payment", "ok"),
            ("partially_refunded", "process_payment", "ok"),
            ("refunded", "process_payment", "ok"),
            ("none", "get_payment", "not_found"),
            ("captured", "get_payment", "ok"),
            ("failed", "get_payment", "ok"),
            ("partially_refunded", "get_payment", "ok"),
            ("refunded", "get_payment", "ok"),
            ("none", "list_payments_for_order", "ok invalid_input"),
            ("one", "list_payments_for_order", "ok invalid_input"),
            ("none", "refund_payment", "not_found invalid_input"),
            ("failed", "refund_payment", "invalid_input conflict/illegal_transition"),
            (
                "captured",
                "refund_payment",
                "ok invalid_input conflict/refund_exceeds_captured conflict/refund_refused",
            ),
            (
                "partially_refunded",
                "refund_payment",
                "ok invalid_input conflict/refund_exceeds_captured",
            ),
            (
                "refunded",
                "refund_payment",
                "invalid_input conflict/refund_exceeds_captured",
            ),
            ("key of a refund", "refund_payment", "ok invalid_input key_reused"),
            (
                "key of a refused refund",
                "refund_payment",
                "conflict/refund_refused invalid_input key_reused",
            ),
        ])
    }

    fn effects(&self) -> Vec<Value> {
        let ledger = self.provider.shown(|order| self.payments.get(&order.id));
        vec![json!({ "events": self.log.events() }), ledger]
    }
}
