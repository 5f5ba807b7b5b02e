//! Work at the payment provider: its identity, its origin, and the time when it is due again.

use commerce::{PaymentId, Timestamp};
use seam::{Context, chance};
use uuid::Uuid;

use crate::{SOURCE, domain::pause};

/// A piece of work that needs the payment provider.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Work {
    /// A payment that is not settled.
    Charge(PaymentId),
    /// A refund without a reply.
    Refund(Uuid),
    /// An authorisation that may be held for a payment that has failed.
    Hold(PaymentId),
}

/// Knowledge about earlier attempts at a piece of work, beyond its row.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Freshness {
    /// This process handed it in just now: nothing was sent to the provider, and its order was read a moment ago.
    Fresh,
    /// An attempt may have been made, by this process or one that died: ask the provider before sending anything.
    Stale,
}

/// The call or event that a piece of work goes back to. Stored with the work, so that the events of any later
/// attempt name it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Origin {
    pub(crate) correlation_id: String,
    pub(crate) causation_id: Option<String>,
}

impl Origin {
    /// The origin of work that the running call or event handler creates.
    pub(crate) fn current() -> Self {
        let context = Context::current();
        Self {
            correlation_id: context.correlation_id,
            causation_id: Some(context.causation_id.unwrap_or(context.request_id)),
        }
    }

    /// The context for doing work with this origin.
    pub(crate) fn context(&self) -> Context {
        let mut context = Context::root(SOURCE);
        context.correlation_id.clone_from(&self.correlation_id);
        context.causation_id.clone_from(&self.causation_id);
        context
    }
}

/// Time of the next attempt after `attempts` earlier ones, in microseconds since the epoch. The pause is lengthened by
/// up to a half at random, so that those who failed together do not come back together.
pub(crate) fn due_after(attempts: i64) -> i64 {
    let pause = i64::try_from(pause(attempts).as_micros()).unwrap_or(i64::MAX);
    let pause = pause + pause / 1024 * i64::try_from(chance::below(512)).unwrap_or(0);
    Timestamp::now().as_micros().saturating_add(pause)
}
