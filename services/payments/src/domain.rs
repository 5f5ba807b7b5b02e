//! The states of a payment and the entries of the ledger. No I/O.

use std::time::Duration;

use commerce::{Money, MoneyError, OrderError, OrderId, Payment, PaymentConflict, PaymentId, PaymentStatus, Timestamp};
use uuid::Uuid;

/// Number of the one attempt to pay an order: a failed payment cancels its order.
pub(crate) const FIRST_ATTEMPT: i64 = 1;

const SHORTEST_PAUSE: Duration = Duration::from_millis(100);
const LONGEST_PAUSE: Duration = Duration::from_secs(10);

/// Derives the id of an order's payment.
pub(crate) fn payment_id(order_id: OrderId) -> PaymentId {
    PaymentId::derive(&[&order_id.to_string(), &FIRST_ATTEMPT.to_string()])
}

/// Derives the id of the refund that a caller requests under a key.
pub(crate) fn refund_id(payment_id: PaymentId, caller: &str, key: &str) -> Uuid {
    Uuid::new_v5(
        &payment_id.0,
        format!("refund/{}:{caller}/{key}", caller.len()).as_bytes(),
    )
}

/// Our idempotency keys at the provider. They derive from the payment, so that a process that takes it over uses
/// the same.
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

/// Outcome of one attempt to charge a payment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Charged {
    /// The provider has captured the money.
    Captured {
        authorization_id: String,
        charge_id: String,
    },
    /// The money will not be captured, and nothing is held.
    Failed { reason: String },
    /// The money will not be captured. An authorisation is held all the same, or may be once a request on its way has
    /// arrived.
    LetGo { reason: String },
    /// The provider did not answer: the step may have happened.
    Unknown {
        reason: String,
        authorization_id: Option<String>,
    },
    /// No capture was sent: something that must be known first can't be known now.
    Postponed {
        reason: String,
        authorization_id: Option<String>,
    },
}

/// The payment after `charged`. A change of status that the contract does not allow is a conflict.
pub(crate) fn settled(payment: &Payment, charged: &Charged) -> Result<Payment, PaymentConflict> {
    let status = match charged {
        Charged::Captured { .. } => PaymentStatus::Captured,
        Charged::Failed { .. } | Charged::LetGo { .. } => PaymentStatus::Failed,
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
        Charged::Failed { reason } | Charged::LetGo { reason } => after.failure = Some(reason.clone()),
        Charged::Unknown { .. } | Charged::Postponed { .. } => {}
    }
    Ok(after)
}

/// Tells whether a payment with this status still needs the provider.
pub(crate) fn is_open(status: PaymentStatus) -> bool {
    matches!(
        status,
        PaymentStatus::Pending | PaymentStatus::Authorized | PaymentStatus::Unknown
    )
}

/// Tells whether an error of Orders is one after which the same call may succeed later.
pub(crate) fn is_passing(error: &OrderError) -> bool {
    matches!(
        error,
        OrderError::Transport(_)
            | OrderError::ServiceUnavailable { .. }
            | OrderError::RateLimited { .. }
            | OrderError::InFlight { .. }
    )
}

/// The payment after a refund of `amount`.
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

/// Error of a refund that does not fit its payment.
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

/// Pause before the next attempt after `attempts` earlier ones: 100 ms, doubled each time, at most 10 s.
pub(crate) fn pause(attempts: i64) -> Duration {
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    SHORTEST_PAUSE
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST_PAUSE)
}

/// Time of the next look for an authorisation that nobody needs, after `attempts` earlier ones, in microseconds since
/// the epoch: 100 ms later, doubled each time, at most an hour.
pub(crate) fn look_again(attempts: i64) -> i64 {
    const LONGEST: Duration = Duration::from_secs(60 * 60);
    let doublings = u32::try_from(attempts.clamp(0, 16)).unwrap_or(16);
    let pause = SHORTEST_PAUSE
        .saturating_mul(2_u32.saturating_pow(doublings))
        .min(LONGEST);
    Timestamp::now()
        .as_micros()
        .saturating_add(i64::try_from(pause.as_micros()).unwrap_or(i64::MAX))
}

/// An amount of money moved from one account to the other.
#[derive(Clone, Debug)]
pub(crate) struct Transfer {
    /// The provider key of the operation, so that a transfer is booked once.
    pub(crate) id: String,
    pub(crate) direction: Direction,
    pub(crate) amount: Money,
    pub(crate) at: Timestamp,
}

/// Direction of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Direction {
    /// From the customer to our account at the provider.
    Capture,
    /// From our account at the provider back to the customer.
    Refund,
}

/// One side of a transfer.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Entry {
    pub(crate) account: &'static str,
    pub(crate) cents: i64,
}

impl Transfer {
    /// Both sides: the source (negative) and the destination. Their sum is zero.
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
    fn an_authorisation_is_looked_for_ever_more_rarely_and_at_least_every_hour() {
        let pause = |attempts| {
            let now = Timestamp::now().as_micros();
            (look_again(attempts) - now) / 1_000_000
        };

        assert_eq!([0, 4, 10, 16, 1000].map(pause), [0, 1, 102, 3600, 3600]);
    }

    #[test]
    fn pauses_grow_to_a_limit() {
        assert_eq!(pause(0), Duration::from_millis(100));
        assert_eq!(pause(3), Duration::from_millis(800));
        assert_eq!(pause(i64::MAX), LONGEST_PAUSE);
    }
}
