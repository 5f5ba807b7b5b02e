//! What a payment may become, and what goes into the books. No I/O.

use std::time::Duration;

use commerce::{Money, MoneyError, OrderId, Payment, PaymentConflict, PaymentId, PaymentStatus, Timestamp};
use uuid::Uuid;

/// Orders are paid once: a failed payment cancels its order.
pub(crate) const FIRST_ATTEMPT: i64 = 1;

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// The payment of an order's first attempt.
pub(crate) fn payment_id(order_id: OrderId) -> PaymentId {
    PaymentId::derive(&[&order_id.to_string(), &FIRST_ATTEMPT.to_string()])
}

/// The refund that a caller asks for under a key.
pub(crate) fn refund_id(payment_id: PaymentId, caller: &str, key: &str) -> Uuid {
    Uuid::new_v5(
        &payment_id.0,
        format!("refund/{}:{caller}/{key}", caller.len()).as_bytes(),
    )
}

/// Our idempotency keys at the provider. Derived, so that whoever takes a payment over asks under the same key.
#[derive(Clone, Copy, Debug)]
pub(crate) enum ProviderKey {
    Authorize(PaymentId),
    Capture(PaymentId),
    Void(PaymentId),
    Refund(PaymentId, Uuid),
}

impl std::fmt::Display for ProviderKey {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Authorize(payment) => write!(f, "{payment}:authorize"),
            Self::Capture(payment) => write!(f, "{payment}:capture"),
            Self::Void(payment) => write!(f, "{payment}:void"),
            Self::Refund(payment, refund) => write!(f, "{payment}:refund:{refund}"),
        }
    }
}

/// How far the charging of a payment has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Charged {
    /// The money was taken.
    Captured {
        authorization_id: String,
        charge_id: String,
    },
    /// It will not be taken.
    Failed { reason: String },
    /// The provider did not say.
    Unknown {
        reason: String,
        authorization_id: Option<String>,
    },
    /// The provider was not asked to take it yet: what has to be known first can't be known now.
    Postponed {
        reason: String,
        authorization_id: Option<String>,
    },
}

/// The payment after `charged`. Refused where the table of transitions does not know the way.
pub(crate) fn settled(payment: &Payment, charged: &Charged) -> Result<Payment, PaymentConflict> {
    let status = match charged {
        Charged::Captured { .. } => PaymentStatus::Captured,
        Charged::Failed { .. } => PaymentStatus::Failed,
        Charged::Unknown { .. } => PaymentStatus::Unknown,
        Charged::Postponed {
            authorization_id: Some(_),
            ..
        } => PaymentStatus::Authorized,
        Charged::Postponed {
            authorization_id: None, ..
        } => payment.status,
    };
    if status == payment.status && is_open(status) {
        return Ok(payment.clone());
    }
    let mut after = moved(payment, status)?;
    match charged {
        Charged::Captured { .. } => after.captured = payment.amount,
        Charged::Failed { reason } => after.failure = Some(reason.clone()),
        Charged::Unknown { .. } | Charged::Postponed { .. } => {}
    }
    Ok(after)
}

/// Whether the provider still has to be asked about it.
pub(crate) fn is_open(status: PaymentStatus) -> bool {
    matches!(
        status,
        PaymentStatus::Pending | PaymentStatus::Authorized | PaymentStatus::Unknown
    )
}

/// The payment after `amount` was given back.
pub(crate) fn refunded(payment: &Payment, amount: Money) -> Result<Payment, RefundImpossible> {
    let refunded = payment.refunded.checked_add(amount)?;
    let left = payment.captured.checked_sub(refunded)?;
    if left.cents < 0 {
        let left = payment.captured.checked_sub(payment.refunded)?;
        return Err(PaymentConflict::RefundExceedsCaptured { wanted: amount, left }.into());
    }
    let status = if left.cents == 0 {
        PaymentStatus::Refunded
    } else {
        PaymentStatus::PartiallyRefunded
    };
    Ok(Payment {
        refunded,
        ..moved(payment, status)?
    })
}

/// Why a refund can't be worked out.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum RefundImpossible {
    #[error(transparent)]
    Conflict(#[from] PaymentConflict),
    #[error(transparent)]
    Money(#[from] MoneyError),
}

fn moved(payment: &Payment, to: PaymentStatus) -> Result<Payment, PaymentConflict> {
    if !payment.status.can_become(to) {
        return Err(PaymentConflict::IllegalTransition {
            from: payment.status,
            to,
        });
    }
    Ok(Payment {
        status: to,
        version: payment.version + 1,
        updated_at: Timestamp::now(),
        ..payment.clone()
    })
}

/// How long to leave the provider in peace before attempt number `attempts + 1`: 100 ms, doubled each time, at most 10 s.
pub(crate) fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    SHORTEST_PAUSE
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST_PAUSE)
}

/// Money that went from one account to the other.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    /// The provider key under which it went: a transfer is booked once.
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) amount: Money,
    pub(crate) at: Timestamp,
}

/// Which way money went.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the customer to us, into the account at the provider.
    Capture,
    /// Back again.
    Refund,
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) account: &'static str,
    pub(crate) cents: i64,
}

impl Transfer {
    /// Both sides: where it went from (negative) and where it went to. Their sum is zero.
    pub(crate) fn entries(&self) -> [Entry; 2] {
        let (from, to) = match self.direction {
            Direction::Capture => ("customer", "provider"),
            Direction::Refund => ("provider", "customer"),
        };
        [
            Entry {
                account: from,
                cents: -self.amount.cents,
            },
            Entry {
                account: to,
                cents: self.amount.cents,
            },
        ]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn payment(status: PaymentStatus) -> Payment {
        let order_id = OrderId::derive(&["order"]);
        Payment {
            id: payment_id(order_id),
            order_id,
            status,
            amount: Money::new(1000, commerce::Currency::EUR),
            captured: Money::new(
                if status == PaymentStatus::Captured { 1000 } else { 0 },
                commerce::Currency::EUR,
            ),
            refunded: Money::zero(commerce::Currency::EUR),
            failure: None,
            version: 1,
            created_at: Timestamp::now(),
            updated_at: Timestamp::now(),
        }
    }

    #[test]
    fn a_change_is_stamped_with_its_own_time() {
        let before = Payment {
            updated_at: Timestamp::from_micros(0).unwrap(),
            ..payment(PaymentStatus::Captured)
        };

        let after = moved(&before, PaymentStatus::Refunded).unwrap();

        assert!(after.updated_at >= before.created_at, "{after:?}");
        assert_eq!((after.version, after.created_at), (2, before.created_at));
    }

    fn captured() -> Charged {
        Charged::Captured {
            authorization_id: "a".to_owned(),
            charge_id: "c".to_owned(),
        }
    }

    #[test]
    fn only_payments_that_are_not_settled_can_be_captured() {
        for status in PaymentStatus::ALL {
            let open = matches!(
                status,
                PaymentStatus::Pending | PaymentStatus::Authorized | PaymentStatus::Unknown
            );

            let after = settled(&payment(status), &captured());

            assert_eq!(after.is_ok(), open, "{status:?}");
            assert!(after.is_err() || after.is_ok_and(|after| after.captured == after.amount && after.version == 2));
        }
    }

    #[test]
    fn a_payment_that_stays_unknown_does_not_change() {
        let unknown = payment(PaymentStatus::Unknown);
        let again = Charged::Unknown {
            reason: "silence".to_owned(),
            authorization_id: None,
        };

        assert_eq!(settled(&unknown, &again), Ok(unknown));
    }

    #[test]
    fn refunds_add_up_to_the_captured_amount_and_no_further() {
        let euros = |cents| Money::new(cents, commerce::Currency::EUR);

        let part = refunded(&payment(PaymentStatus::Captured), euros(400)).expect("a part can be refunded");
        let all = refunded(&part, euros(600)).expect("the rest can be refunded");
        let more = refunded(&part, euros(601));

        assert_eq!(
            (part.status, all.status),
            (PaymentStatus::PartiallyRefunded, PaymentStatus::Refunded)
        );
        assert_eq!(
            more,
            Err(PaymentConflict::RefundExceedsCaptured {
                wanted: euros(601),
                left: euros(600)
            }
            .into())
        );
    }

    #[test]
    fn both_sides_of_a_transfer_sum_to_zero() {
        for direction in [Direction::Capture, Direction::Refund] {
            let amount = Money::new(i64::MAX, commerce::Currency::EUR);
            let [from, to] = Transfer {
                id: "t".to_owned(),
                direction,
                amount,
                at: Timestamp::now(),
            }
            .entries();

            assert_eq!(from.cents + to.cents, 0);
            assert_ne!(from.account, to.account);
        }
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        assert_eq!(pause(0), Duration::from_millis(100));
        assert_eq!(pause(3), Duration::from_millis(800));
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }
}
