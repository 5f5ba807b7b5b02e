use std::{
    fmt,
    sync::{
        Arc,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    time::Duration,
};

use super::RetryBudget;
use crate::{BoxFuture, Carrier, Context, Contract, Outcome, TransportFailure, chance};

/// A carrier that makes a call again when no answer came, if the call may be repeated.
///
/// - Reads are repeated, and writes that their contract declares idempotent; other writes never.
/// - A call is repeated if its outcome is unknown. An answer is one, whatever it says, and a call that was refused
///   before it was sent (an open circuit, a full bulkhead) is never repeated.
/// - "Not done" is never said of a call that may have happened: if a retry is refused, the reply is that of the attempt
///   before it.
/// - Pauses grow from attempt to attempt and are drawn from zero to their limit ("full jitter"), from [`chance`]. A
///   longer wait that the other side asked for ([`TransportFailure::retry_after`]) is kept.
/// - A retry that would begin at the deadline of the call's [`Context`] or later is not made.
/// - Each retry is taken from a [`RetryBudget`]; when it is empty, failures are returned as they are.
///
/// Retry in one layer, the one nearest the user, or in none: layers multiply.
pub struct Retry<C: Contract + ?Sized> {
    next: Arc<dyn Carrier<C>>,
    policy: RetryPolicy,
    budget: RetryBudget,
    counts: Counts,
}

/// The limits of a [`Retry`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct RetryPolicy {
    /// The most attempts at a call, the first one included: 3 by default. 1 never repeats a call.
    pub attempts: u32,
    /// The longest pause before the second attempt, 50 ms by default; it doubles before each further one.
    pub first_pause: Duration,
    /// The limit of that growth: 1 s by default.
    pub longest_pause: Duration,
}

impl Default for RetryPolicy {
    fn default() -> Self {
        Self {
            attempts: 3,
            first_pause: Duration::from_millis(50),
            longest_pause: Duration::from_secs(1),
        }
    }
}

/// The figures of a [`Retry`] since it was made.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct RetryStats {
    /// The number of calls.
    pub calls: u64,
    /// The number of retries made for them.
    pub retries: u64,
    /// The number of retries left out because the budget was empty.
    pub over_budget: u64,
}

#[derive(Default)]
struct Counts {
    calls: AtomicU64,
    retries: AtomicU64,
    over_budget: AtomicU64,
}

impl<C: Contract + ?Sized> Retry<C> {
    /// Wraps a carrier. Carriers to one destination share a budget.
    pub fn new(next: impl Carrier<C> + 'static, policy: RetryPolicy, budget: RetryBudget) -> Self {
        Self {
            next: Arc::new(next),
            policy,
            budget,
            counts: Counts::default(),
        }
    }

    /// Returns the figures.
    pub fn stats(&self) -> RetryStats {
        RetryStats {
            calls: self.counts.calls.load(Relaxed),
            retries: self.counts.retries.load(Relaxed),
            over_budget: self.counts.over_budget.load(Relaxed),
        }
    }

    /// The pause before the attempt after `made` ones, if there is to be one. It is paid for.
    fn pause(&self, made: u32, failure: &TransportFailure) -> Option<Duration> {
        if made >= self.policy.attempts || failure.is_unsent() {
            return None;
        }
        let longest = self.policy.first_pause.saturating_mul(1 << (made - 1).min(20));
        let longest = longest.min(self.policy.longest_pause);
        let micros = u64::try_from(longest.as_micros()).unwrap_or(u64::MAX);
        let drawn = Duration::from_micros(chance::below(micros.saturating_add(1)));
        let pause = drawn.max(failure.retry_after().unwrap_or_default());
        let left = Context::try_current().and_then(|context| context.remaining());
        if left.is_some_and(|left| left <= pause) {
            return None;
        }
        if !self.budget.withdraw() {
            self.counts.over_budget.fetch_add(1, Relaxed);
            return None;
        }
        Some(pause)
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Retry<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.counts.calls.fetch_add(1, Relaxed);
        self.budget.deposit();
        if !C::method(&call).may_be_repeated() || self.policy.attempts <= 1 {
            return self.next.carry(call);
        }
        Box::pin(async move {
            let mut made = 1;
            let mut reply = self.next.carry(call.clone()).await;
            loop {
                let Outcome::Transport(failure) = C::outcome(&reply) else {
                    return reply;
                };
                let Some(pause) = self.pause(made, &failure) else {
                    return reply;
                };
                tokio::time::sleep(pause).await;
                self.counts.retries.fetch_add(1, Relaxed);
                made += 1;
                let next = self.next.carry(call.clone()).await;
                if C::is_not_done(&next) {
                    // That is true of the last attempt alone. What became of the one before it is still unknown.
                    return reply;
                }
                reply = next;
            }
        })
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Retry<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Retry")
            .field("contract", &C::NAME)
            .field("policy", &self.policy)
            .field("budget", &self.budget)
            .finish_non_exhaustive()
    }
}
