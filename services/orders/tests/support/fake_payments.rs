use std::{
    collections::BTreeMap,
    sync::{Mutex, MutexGuard},
};

use commerce::{
    Error, Money, OrderId, Page, PageRequest, Payment, PaymentConflict, PaymentError, PaymentId, PaymentStatus,
    Payments, Refund, Timestamp,
};
use seam::TransportFailure;

/// A fake of Payments in memory: captured payments, and refunds by their keys.
#[derive(Debug, Default)]
pub struct FakePayments {
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    is_down: bool,
    refused: Option<String>,
    asked: usize,
    payments: BTreeMap<PaymentId, Payment>,
    refunds: BTreeMap<String, Result<Payment, PaymentError>>,
}

impl FakePayments {
    /// Adds a captured payment of the order.
    pub fn capture(&self, order_id: OrderId, amount: Money) -> PaymentId {
        let now = Timestamp::now();
        let id = PaymentId::derive(&[&order_id.to_string(), "1"]);
        let payment = Payment {
            id,
            order_id,
            status: PaymentStatus::Captured,
            amount,
            captured: amount,
            refunded: Money::zero(amount.currency),
            failure: None,
            version: 1,
            created_at: now,
            updated_at: now,
        };
        self.state().payments.insert(id, payment);
        id
    }

    /// Fails every call from now on, or answers it again.
    pub fn set_down(&self, is_down: bool) {
        self.state().is_down = is_down;
    }

    /// Refuses refunds for this reason from now on, or makes them again.
    pub fn refuse_refunds(&self, reason: Option<&str>) {
        self.state().refused = reason.map(str::to_owned);
    }

    /// Number of refunds that were requested, under any key.
    pub fn asked(&self) -> usize {
        self.state().asked
    }

    /// Refunds a part as a person would, beside the module.
    pub fn refund_by_hand(&self, payment_id: PaymentId, cents: i64) {
        self.state().payments.get_mut(&payment_id).unwrap().refunded.cents += cents;
    }

    pub fn refunded(&self, payment_id: PaymentId) -> i64 {
        self.state().payments[&payment_id].refunded.cents
    }

    pub fn refunds(&self) -> usize {
        self.state().refunds.len()
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap()
    }

    fn reached(&self) -> Result<MutexGuard<'_, State>, PaymentError> {
        let state = self.state();
        if state.is_down {
            return Err(Error::Transport(TransportFailure::new(
                "payments",
                "connection refused",
            )));
        }
        Ok(state)
    }
}

#[seam::async_trait]
impl Payments for FakePayments {
    async fn process_payment(&self, _order_id: OrderId) -> Result<Payment, PaymentError> {
        Err(Error::Internal)
    }

    async fn get_payment(&self, _payment_id: PaymentId) -> Result<Payment, PaymentError> {
        Err(Error::Internal)
    }

    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError> {
        let state = self.reached()?;
        let all: Vec<_> = state
            .payments
            .values()
            .filter(|payment| payment.order_id == order_id)
            .cloned()
            .collect();
        let total = i64::try_from(all.len()).unwrap();
        let items = if page.page == 1 { all } else { Vec::new() };
        Ok(Page {
            items,
            page: page.page,
            page_size: page.page_size,
            total,
        })
    }

    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError> {
        let mut state = self.reached()?;
        state.asked += 1;
        let key = refund.key.to_string();
        if let Some(answered) = state.refunds.get(&key) {
            return answered.clone();
        }
        let answer = match state.refused.clone() {
            Some(reason) => Err(Error::Conflict(PaymentConflict::RefundRefused { reason })),
            None => state.give_back(payment_id, refund.amount),
        };
        state.refunds.insert(key, answer.clone());
        answer
    }
}

impl State {
    fn give_back(&mut self, payment_id: PaymentId, wanted: Money) -> Result<Payment, PaymentError> {
        let payment = self.payments.get_mut(&payment_id).unwrap();
        let left = payment.captured.checked_sub(payment.refunded).unwrap();
        if wanted.cents > left.cents {
            return Err(Error::Conflict(PaymentConflict::RefundExceedsCaptured { wanted, left }));
        }
        payment.refunded.cents += wanted.cents;
        Ok(payment.clone())
    }
}
