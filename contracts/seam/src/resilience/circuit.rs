//! The state of a breaker, without its clock and its calls.

use std::time::Duration;

use crate::time::Instant;

/// The limits of a [`Breaker`](super::Breaker).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct BreakerPolicy {
    /// The number of attempts in a row without an answer that opens the circuit: 5 by default, 1 at least.
    pub failures: u32,
    /// The time for which an open circuit refuses every call: 1 s by default.
    pub open: Duration,
}

impl Default for BreakerPolicy {
    fn default() -> Self {
        Self {
            failures: 5,
            open: Duration::from_secs(1),
        }
    }
}

/// The state of a circuit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum CircuitState {
    /// Calls go through.
    Closed,
    /// Calls are refused.
    Open,
    /// The time of refusal is over: one call goes through, and the others are refused until it has ended.
    HalfOpen,
}

/// The end of an attempt, as the circuit sees it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Ended {
    /// An answer came, whatever it said.
    Answered,
    /// No answer came.
    Unanswered,
    /// The attempt says nothing about the destination: its caller gave it up, or it was not sent.
    Void,
}

/// The states of a link, which each attempt enters and leaves.
#[derive(Debug)]
pub(super) struct Circuit {
    policy: BreakerPolicy,
    state: State,
    /// Grows with every change of state, so that an attempt that began in an earlier one counts for nothing.
    generation: u64,
}

#[derive(Debug)]
enum State {
    Closed { failures: u32 },
    Open { until: Instant },
    Probing,
}

impl Circuit {
    pub(super) fn new(policy: BreakerPolicy) -> Self {
        Self {
            policy,
            state: State::Closed { failures: 0 },
            generation: 0,
        }
    }

    pub(super) fn state(&self, now: Instant) -> CircuitState {
        match self.state {
            State::Closed { .. } => CircuitState::Closed,
            State::Open { until } if now < until => CircuitState::Open,
            State::Open { .. } | State::Probing => CircuitState::HalfOpen,
        }
    }

    /// Lets an attempt begin and returns its generation; `None` if it is refused.
    pub(super) fn enter(&mut self, now: Instant) -> Option<u64> {
        match self.state {
            State::Closed { .. } => {}
            State::Open { until } if now >= until => self.turn(State::Probing),
            State::Open { .. } | State::Probing => return None,
        }
        Some(self.generation)
    }

    /// Ends an attempt. Returns `true` if that opened the circuit.
    pub(super) fn leave(&mut self, generation: u64, ended: Ended, now: Instant) -> bool {
        if generation != self.generation {
            return false;
        }
        let open = State::Open {
            until: now + self.policy.open,
        };
        match (&mut self.state, ended) {
            (State::Closed { failures }, Ended::Answered) => *failures = 0,
            (State::Closed { failures }, Ended::Unanswered) => {
                *failures += 1;
                if *failures >= self.policy.failures {
                    self.turn(open);
                    return true;
                }
            }
            (State::Probing, Ended::Answered) => self.turn(State::Closed { failures: 0 }),
            (State::Probing, Ended::Unanswered) => {
                self.turn(open);
                return true;
            }
            // The next call is the probe.
            (State::Probing, Ended::Void) => self.turn(State::Open { until: now }),
            (State::Closed { .. }, Ended::Void) | (State::Open { .. }, _) => {}
        }
        false
    }

    fn turn(&mut self, state: State) {
        self.state = state;
        self.generation += 1;
    }
}
