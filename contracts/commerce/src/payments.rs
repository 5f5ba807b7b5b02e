use serde::{Deserialize, Serialize};

use crate::{Error, IdempotencyKey, Invalid, Money, OrderId, Page, PageRequest, PaymentId, Timestamp, money::POSITIVE};

/// Charges and refunds orders through a payment provider.
#[seam::contract(name = "payments")]
pub trait Payments: Send + Sync {
    /// Charges the order's total once, however often it is called: the order is the key.
    ///
    /// Returns the payment in its present state, so later refunds show in a repeated call. The status `Unknown`
    /// means that the provider did not reply: it is resolved by asking the provider, never by a second charge.
    #[write(key = order_id, idempotent)]
    async fn process_payment(&self, order_id: OrderId) -> Result<Payment, PaymentError>;

    /// Returns the payment in its present state.
    #[read(key = payment_id)]
    async fn get_payment(&self, payment_id: PaymentId) -> Result<Payment, PaymentError>;

    /// Lists the payments of an order, oldest first; an order without payments has an empty page.
    #[read(key = order_id)]
    async fn list_payments_for_order(
        &self,
        order_id: OrderId,
        page: PageRequest,
    ) -> Result<Page<Payment>, PaymentError>;

    /// Refunds a part or all of the captured amount. All refunds together never exceed it.
    ///
    /// The same key with the same request repeats the provider's first reply, a refusal too. A request that is
    /// refused before the provider is asked (malformed, no such payment, another currency, nothing captured, more
    /// than is left) has no effect and is not remembered: its key stays new.
    #[write(key = payment_id, idempotent)]
    async fn refund_payment(&self, payment_id: PaymentId, refund: Refund) -> Result<Payment, PaymentError>;
}

/// Request for a refund.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refund {
    /// Key that names this intent; travels as the header `Idempotency-Key`.
    pub key: IdempotencyKey,
    /// Amount to refund: more than zero, in the payment's currency.
    pub amount: Money,
}

impl Refund {
    /// Refuses zero and negative amounts.
    pub fn validate(&self) -> Result<(), Invalid> {
        POSITIVE.check("amount.cents", self.amount.cents)
    }
}

/// A payment as recorded in the books.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, utoipa::ToSchema)]
pub struct Payment {
    /// Id derived from the order and the number of the attempt.
    pub id: PaymentId,
    /// Id of the order that is paid for.
    pub order_id: OrderId,
    /// Present state of the payment.
    pub status: PaymentStatus,
    /// Amount to be paid.
    pub amount: Money,
    /// Amount captured so far.
    pub captured: Money,
    /// Amount refunded so far.
    pub refunded: Money,
    /// Reason of the failure; null unless failed.
    pub failure: Option<String>,
    /// 1 at creation, one more with each change.
    pub version: i64,
    /// Time at which this attempt began.
    pub created_at: Timestamp,
    /// Time of the last change.
    pub updated_at: Timestamp,
}

/// State of a payment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize, utoipa::ToSchema)]
#[serde(rename_all = "snake_case")]
pub enum PaymentStatus {
    /// The intent is stored; the provider has not replied yet.
    Pending,
    /// The provider holds the amount; it is not taken yet.
    Authorized,
    /// The money was taken.
    Captured,
    /// The provider declined.
    Failed,
    /// The whole amount was refunded.
    Refunded,
    /// A part of the amount was refunded.
    PartiallyRefunded,
    /// The provider was asked and did not reply: the charge may have happened. A reconciler asks again.
    Unknown,
}

impl PaymentStatus {
    /// Every status, in the order of the declaration.
    pub const ALL: [Self; 7] = [
        Self::Pending,
        Self::Authorized,
        Self::Captured,
        Self::Failed,
        Self::Refunded,
        Self::PartiallyRefunded,
        Self::Unknown,
    ];

    /// Tells if a payment in this status may move to `to`. Staying is a transition for a second partial refund only.
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

/// Error of every method of [`Payments`].
pub type PaymentError = Error<PaymentConflict>;

/// The state of a payment that forbids a call.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum PaymentConflict {
    /// The payment's state does not allow this transition.
    #[error("payment can't go from {from:?} to {to:?}")]
    IllegalTransition {
        /// Present state of the payment.
        from: PaymentStatus,
        /// State that was asked for.
        to: PaymentStatus,
    },
    /// The refund exceeds the captured amount that is left.
    #[error("refund of {wanted} asked, {left} left of what was captured")]
    RefundExceedsCaptured {
        /// Amount asked for.
        wanted: Money,
        /// Amount that can still be refunded.
        left: Money,
    },
    /// The order's state forbids a payment.
    #[error("order {order_id} can't be paid: it is {status}")]
    OrderNotPayable {
        /// Id of the order.
        order_id: OrderId,
        /// Present state of the order.
        status: String,
    },
    /// The provider refused the refund.
    #[error("the provider refused the refund: {reason}")]
    RefundRefused {
        /// Reason given by the provider.
        reason: String,
    },
}
