use std::sync::{Mutex, PoisonError};

use commerce::{
    Error, OrderId, Page, PageRequest, Payment, PaymentError, PaymentId, PaymentStatus, Payments, Refund, Timestamp,
};
use seam::Context;
use serde_json::{Value, json};

use super::values::{PAID_KEYS, page_of, price_in};

/// The amount that every paid order has paid. An order with another total is not paid.
pub(crate) const PAID_CENTS: i64 = 450;

/// A fake of Payments: the orders of [`PAID_KEYS`] have paid, and nothing else ever happens.
#[derive(Debug, Default)]
pub(crate) struct FakePayments {
    refunds: Mutex<Vec<Value>>,
}

/// The payment of an order, if it is a paid one.
pub(crate) fn payment_of(order_id: OrderId) -> Option<Payment> {
    let paid = PAID_KEYS
        .iter()
        .any(|key| OrderId::derive(&[Context::ANONYMOUS, key]) == order_id);
    let amount = price_in(PAID_CENTS, "EUR");
    let at = Timestamp::from_micros(0).expect("the epoch is a timestamp");
    paid.then(|| Payment {
        id: PaymentId::derive(&[&order_id.to_string()]),
        order_id,
        status: PaymentStatus::Captured,
        amount,
        captured: amount,
        refunded: price_in(0, "EUR"),
        failure: None,
        version: 1,
        created_at: at,
        updated_at: at,
    })
}

impl FakePayments {
    /// The refunds made so far, sorted by their JSON text.
    pub(crate) fn refunds(&self) -> Value {
        let mut refunds = self.refunds.lock().unwrap_or_else(PoisonError::into_inner).clone();
        refunds.sort_by_key(Value::to_string);
        json!({ "refunds": refunds })
    }
}

#[seam::async_trait]
impl Payments for FakePayments {
    async fn process_payment(&self, _: OrderId) -> Result<Payment, PaymentError> {
        Err(Error::Internal)
    }

    async fn get_payment(&self, _: PaymentId) -> Result<Payment, PaymentError> {
        Err(Error::Internal)
    }

    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError> {
        Ok(page_of(payment_of(order_id).into_iter().collect(), page.validate()?))
    }

    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError> {
        let order = PAID_KEYS.iter().map(|key| OrderId::derive(&[Context::ANONYMOUS, key]));
        let payment = order.filter_map(payment_of).find(|payment| payment.id == payment_id);
        let payment = payment.ok_or(Error::Internal)?;
        let refund = json!({ "payment_id": payment_id, "amount": refund.amount });
        self.refunds.lock().unwrap_or_else(PoisonError::into_inner).push(refund);
        Ok(payment)
    }
}
