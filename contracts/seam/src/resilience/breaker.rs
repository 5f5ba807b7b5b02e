use std::{
    fmt,
    sync::{
        Arc, Mutex, PoisonError,
        atomic::{AtomicU64, Ordering::Relaxed},
    },
    thread,
};

use super::circuit::{BreakerPolicy, Circuit, CircuitState, Ended};
use crate::{
    BoxFuture, Carrier, Context, Contract, Outcome, TransportFailure,
    time::{self, Instant},
};

/// A carrier that stops calling a destination that does not answer, and tries it again with one call at a time.
///
/// After a number of attempts in a row without an answer the circuit opens: calls are refused at once. A refused call
/// was not sent, and the reply says so ([`TransportFailure::unsent`]); do not repeat it. After a time one call, the
/// probe, goes through. Its answer closes the circuit, and its silence opens it again; the other calls are refused
/// until then.
///
/// Any answer is a success: a domain error too, and that the service does not know the outcome itself. An attempt that
/// is dropped counts as one without an answer if the deadline of its [`Context`] is past, and for nothing if it is not,
/// since then its caller gave up early. Limit the time of each call: a probe that hangs keeps the circuit as it is.
///
/// Put it round one link, below a [`Retry`](super::Retry), so that it counts attempts.
pub struct Breaker<C: Contract + ?Sized> {
    next: Arc<dyn Carrier<C>>,
    circuit: Mutex<Circuit>,
    opened: AtomicU64,
    refused: AtomicU64,
}

/// The figures of a [`Breaker`].
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerStats {
    /// The present state.
    pub state: CircuitState,
    /// The number of times that the circuit opened since it was made, after a probe too.
    pub opened: u64,
    /// The number of calls refused since it was made.
    pub refused: u64,
}

impl<C: Contract + ?Sized> Breaker<C> {
    /// Wraps the carrier of one link.
    pub fn new(next: impl Carrier<C> + 'static, policy: BreakerPolicy) -> Self {
        Self {
            next: Arc::new(next),
            circuit: Mutex::new(Circuit::new(policy)),
            opened: AtomicU64::new(0),
            refused: AtomicU64::new(0),
        }
    }

    /// Returns the figures.
    pub fn stats(&self) -> BreakerStats {
        BreakerStats {
            state: self.circuit(|circuit| circuit.state(time::monotonic())),
            opened: self.opened.load(Relaxed),
            refused: self.refused.load(Relaxed),
        }
    }

    fn circuit<T>(&self, change: impl FnOnce(&mut Circuit) -> T) -> T {
        change(&mut self.circuit.lock().unwrap_or_else(PoisonError::into_inner))
    }

    fn enter(&self, deadline: Option<Instant>) -> Option<Attempt<'_, C>> {
        let generation = self.circuit(|circuit| circuit.enter(time::monotonic()))?;
        Some(Attempt {
            breaker: self,
            generation,
            deadline,
            ended: None,
        })
    }
}

/// An attempt under way, which leaves the circuit when it is dropped.
struct Attempt<'b, C: Contract + ?Sized> {
    breaker: &'b Breaker<C>,
    generation: u64,
    deadline: Option<Instant>,
    /// `None` if the attempt was dropped on the way.
    ended: Option<Ended>,
}

impl<C: Contract + ?Sized> Drop for Attempt<'_, C> {
    fn drop(&mut self) {
        let now = time::monotonic();
        let is_late = self.deadline.is_some_and(|deadline| deadline <= now);
        let ended = self.ended.unwrap_or(match is_late || thread::panicking() {
            true => Ended::Unanswered,
            false => Ended::Void,
        });
        if self
            .breaker
            .circuit(|circuit| circuit.leave(self.generation, ended, now))
        {
            self.breaker.opened.fetch_add(1, Relaxed);
        }
    }
}

impl<C: Contract + ?Sized> Carrier<C> for Breaker<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            let context = Context::try_current();
            if context
                .as_ref()
                .and_then(Context::remaining)
                .is_some_and(|left| left.is_zero())
            {
                // Its failure would say nothing about the destination.
                return self.next.carry(call).await;
            }
            let Some(mut attempt) = self.enter(context.and_then(|context| context.deadline)) else {
                self.refused.fetch_add(1, Relaxed);
                let failure = TransportFailure::unsent(C::NAME, "it did not answer the calls before this one");
                return C::failed(&call, failure);
            };
            let reply = self.next.carry(call).await;
            attempt.ended = Some(match C::outcome(&reply) {
                Outcome::Transport(failure) if failure.is_unsent() => Ended::Void,
                Outcome::Transport(failure) if failure.is_answer() => Ended::Answered,
                Outcome::Transport(_) => Ended::Unanswered,
                Outcome::Value(()) | Outcome::DomainError(_) | Outcome::Panic(_) => Ended::Answered,
            });
            reply
        })
    }
}

impl<C: Contract + ?Sized> fmt::Debug for Breaker<C> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Breaker")
            .field("contract", &C::NAME)
            .field("stats", &self.stats())
            .finish_non_exhaustive()
    }
}
