use serde::{Deserialize, Serialize};

use crate::{Error, IdempotencyKey, Money, OrderId, Page, PageRequest, PaymentId, Timestamp};

/// Takes and gives back money for orders, through a payment provider.
#[seam::contract(name = "payments")]
pub trait Payments: Send + Sync {
    /// Charges the order's total, once, however often it is called: the order is the key.
    ///
    /// The answer is the payment as it is when it is answered: refunds that came meanwhile show. It may be `Unknown`: the provider did not
    /// say. It is resolved by asking the provider, never by a second charge.
    #[write(key = order_id)]
    async fn process_payment(&self, order_id: OrderId) -> Result<Payment, PaymentError>;

    /// The payment as it is now.
    #[read(key = payment_id)]
    async fn get_payment(&self, payment_id: PaymentId) -> Result<Payment, PaymentError>;

    /// The payments of an order, oldest first; an order without payments has an empty page.
    #[read(key = order_id)]
    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError>;

    /// Gives back a part or all of what was captured; never more in all than was captured.
    ///
    /// The same key with the same request replays what the provider answered first, a refusal too. What is refused before the provider is asked
    /// (malformed, no such payment, another currency, nothing captured, more than is left) sets nothing in motion and is not
    /// remembered: the key stays new.
    #[write(key = payment_id)]
    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError>;
}

/// What to give back.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// Names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// More than nothing, in the payment's currency.
    pub amount: Money,
}

/// A payment as the books have it.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Payment {
    /// Derived from the order and the attempt.
    pub id: PaymentId,
    /// What is paid for.
    pub order_id: OrderId,
    /// Where it stands.
    pub status: PaymentStatus,
    /// What was to be paid.
    pub amount: Money,
    /// What was taken.
    pub captured: Money,
    /// What was given back.
    pub refunded: Money,
    /// Why it failed.
    pub failure: Option<String>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// When it was begun.
    pub created_at: Timestamp,
    /// When it last changed.
    pub updated_at: Timestamp,
}

/// Where a payment stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The intent is written down; the provider has not answered yet.
    Pending,
    /// The provider holds the amount.
    Authorized,
    /// The money was taken.
    Captured,
    /// The provider said no.
    Failed,
    /// All of it was given back.
    Refunded,
    /// A part of it was given back.
    PartiallyRefunded,
    /// The provider was asked and did not answer: it may have happened. A reconciler asks again.
    Unknown,
}

impl PaymentStatus {
    /// Every status.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Authorized,
        Self::Captured,
        Self::Failed,
        Self::Refunded,
        Self::PartiallyRefunded,
        Self::Unknown,
    ];

    /// Whether a payment may go there from here. A second partial refund is a transition of its own; else staying is none.
    pub fn can_become(self, to: Self) -> bool {
        use PaymentStatus::{Authorized, Captured, Failed, PartiallyRefunded, Pending, Refunded, Unknown};
        matches!(
            (self, to),
            (Pending, Authorized | Captured | Failed | Unknown)
                | (Authorized, Captured | Failed | Unknown)
                | (Unknown, Authorized | Captured | Failed)
                | (Captured | PartiallyRefunded, PartiallyRefunded | Refunded)
        )
    }
}

/// What a call of [`Payments`] fails with.
pub type PaymentError = Error<PaymentConflict>;

/// Why the state of a payment forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaymentConflict {
    /// The payment can't go there from here.
    #[error("payment can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Where it is.
        from: PaymentStatus,
        /// Where it was to go.
        to: PaymentStatus,
    },
    /// More was asked back than is left.
    #[error("refund of {wanted} asked, {left} left of what was captured")]
    RefundExceedsCaptured {
        /// What was asked back.
        wanted: Money,
        /// What can still be given back.
        left: Money,
    },
    /// The order can't be paid for.
    #[error("order {order_id} can't be paid: it is {status}")]
    OrderNotPayable {
        /// The order.
        order_id: OrderId,
        /// Where it stands.
        status: String,
    },
    /// The provider refused to give the money back.
    #[error("the provider refused the refund: {reason}")]
    RefundRefused {
        /// What it said.
        reason: String,
    },
}
