use std::{sync::Arc, time::Duration};

use commerce::{
    Invalid, OrderError, OrderId, OrderStatus, Orders, Page, PageRequest, Payment, PaymentConflict, PaymentError,
    PaymentId, PaymentStatus, Payments, Refund,
};
use seam::{Context, original};
use shared::{Database, Tx, idempotency::goes_on};
use tokio::time::Instant;

use crate::{
    SOURCE,
    dispatch::Dispatch,
    domain::{is_open, is_passing, payment_id, refund_id},
    store::{
        payments,
        refunds::{self, RefundRecord},
    },
    waiters::Waiters,
    work::{Origin, Work},
};

/// Part of the caller's time that a waiting command leaves for the reply's way back.
const RETURN: Duration = Duration::from_millis(50);

/// The `Payments` contract on the module's own database.
pub(crate) struct Service {
    pub(crate) db: Database,
    pub(crate) orders: Arc<dyn Orders>,
    pub(crate) dispatch: Dispatch,
    pub(crate) waiters: Waiters,
    /// Time a command waits for the provider if its caller sets no deadline.
    pub(crate) limit: Duration,
}

impl Service {
    /// Stores the intent to pay for the order. `true` if it was there before.
    async fn intend(&self, order_id: OrderId) -> Result<bool, PaymentError> {
        let id = payment_id(order_id);
        if payments::find(&self.db, id).await?.is_some() {
            return Ok(true);
        }
        let order = self.orders.get_order(order_id).await.map_err(from_orders)?;
        if order.status != OrderStatus::Pending {
            let status = format!("{:?}", order.status).to_lowercase();
            return Err(PaymentError::Conflict(PaymentConflict::OrderNotPayable {
                order_id,
                status,
            }));
        }
        let origin = Origin::current();
        let dispatch = self.dispatch.clone();
        self.db
            .write(move |tx| {
                Box::pin(async move {
                    let inserted = payments::insert(tx, &order, &origin).await?;
                    if inserted {
                        dispatch.hand_in(tx, Work::Charge(id));
                    }
                    Ok(!inserted)
                })
            })
            .await
    }

    /// Time until which a command waits for the provider.
    fn until(&self) -> Instant {
        let remaining = Context::current()
            .remaining()
            .map(|remaining| remaining.saturating_sub(RETURN));
        Instant::now() + remaining.unwrap_or(self.limit)
    }
}

#[seam::async_trait]
impl Payments for Service {
    async fn process_payment(&self, order_id: OrderId) -> Result<Payment, PaymentError> {
        let (id, until) = (payment_id(order_id), self.until());
        let mut progress = self.waiters.subscribe(Work::Charge(id));
        if self.intend(order_id).await? {
            original::mark(original::Original {
                request_id: Context::current().request_id,
                at_micros: 0,
            });
        }
        loop {
            let record = payments::find(&self.db, id).await;
            let record = record.map_err(|error| goes_on(error.into(), SOURCE))?;
            let record = record.ok_or_else(|| no_payment(id))?;
            if !is_open(record.payment.status) || Instant::now() >= until {
                return Ok(record.payment);
            }
            // Time is up, or an attempt has ended: read the payment again either way.
            let _ = tokio::time::timeout_at(until, progress.changed()).await;
        }
    }

    async fn get_payment(&self, payment_id: PaymentId) -> Result<Payment, PaymentError> {
        let record = payments::find(&self.db, payment_id).await?;
        record
            .map(|record| record.payment)
            .ok_or_else(|| no_payment(payment_id))
    }

    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError> {
        Ok(payments::page(&self.db, order_id, page.validate()?).await?)
    }

    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError> {
        refund.validate()?;
        let until = self.until();
        let context = Context::current();
        let wanted = RefundRecord {
            id: refund_id(payment_id, &context.caller, refund.key.as_str()),
            caller: context.caller,
            key: refund.key.to_string(),
            payment_id,
            cents: refund.amount.cents,
            attempts: 0,
            origin: Origin::current(),
            request_id: context.request_id,
            reply: None,
        };
        let id = wanted.id;
        let mut progress = self.waiters.subscribe(Work::Refund(id));
        let dispatch = self.dispatch.clone();
        self.db
            .write(move |tx| Box::pin(async move { claim(tx, wanted, refund, &dispatch).await }))
            .await?;
        loop {
            let known = refunds::find(&self.db, id).await.map_err(PaymentError::from);
            let known = known.and_then(|known| known.ok_or(PaymentError::Internal));
            let known = known.map_err(|error| goes_on(error, SOURCE))?;
            let original = known.original();
            if let (Some((reply, _)), Some(original)) = (known.reply, original) {
                original::mark(original);
                return reply;
            }
            if Instant::now() >= until {
                self.dispatch.wake();
                return Err(goes_on(no_answer(), SOURCE));
            }
            let _ = tokio::time::timeout_at(until, progress.changed()).await;
        }
    }
}

/// Claims the key and reserves the amount, unless an earlier request with the same key did.
async fn claim(tx: &mut Tx, wanted: RefundRecord, refund: Refund, dispatch: &Dispatch) -> Result<(), PaymentError> {
    let payment_id = wanted.payment_id;
    let record = payments::find_in(tx, payment_id).await?;
    if let Some(known) = refunds::find_in(tx, &wanted.caller, &wanted.key).await? {
        let same_currency = record.is_some_and(|record| record.payment.amount.currency == refund.amount.currency);
        let same = known.payment_id == payment_id && known.cents == wanted.cents && same_currency;
        return if same {
            Ok(())
        } else {
            Err(PaymentError::KeyReused { key: wanted.key })
        };
    }
    let record = record.ok_or_else(|| no_payment(payment_id))?;
    let payment = &record.payment;
    if payment.amount.currency != refund.amount.currency {
        let (seen, wanted) = (refund.amount.currency, payment.amount.currency);
        return Err(Invalid::new("amount.currency", seen, format!("{wanted}, the payment's currency")).into());
    }
    if is_open(payment.status) || payment.status == PaymentStatus::Failed {
        let conflict = PaymentConflict::IllegalTransition {
            from: payment.status,
            to: PaymentStatus::Refunded,
        };
        return Err(PaymentError::Conflict(conflict));
    }
    if !payments::reserve_refund(tx, payment_id, wanted.cents).await? {
        let mut left = payment.captured;
        left.cents -= payment.refunded.cents + record.refund_pending;
        return Err(PaymentError::Conflict(PaymentConflict::RefundExceedsCaptured {
            wanted: refund.amount,
            left,
        }));
    }
    refunds::insert(tx, &wanted).await?;
    dispatch.hand_in(tx, Work::Refund(wanted.id));
    Ok(())
}

fn no_answer() -> PaymentError {
    PaymentError::ServiceUnavailable {
        service: "payment provider".to_owned(),
        reason: "no answer yet".to_owned(),
    }
}

fn no_payment(id: PaymentId) -> PaymentError {
    PaymentError::NotFound {
        what: "payment".to_owned(),
        id: id.to_string(),
    }
}

fn from_orders(error: OrderError) -> PaymentError {
    match error {
        OrderError::NotFound { what, id } => PaymentError::NotFound { what, id },
        error if is_passing(&error) => PaymentError::ServiceUnavailable {
            service: "orders".to_owned(),
            reason: error.reason(),
        },
        error => {
            tracing::error!(%error, "the order can't be read from orders");
            PaymentError::Internal
        }
    }
}
