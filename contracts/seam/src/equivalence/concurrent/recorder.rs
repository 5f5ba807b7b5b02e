use std::sync::{
    Mutex, PoisonError,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use linearizability::{Operation, Response};

use super::{Completion, History};
use crate::{
    Contract, Outcome,
    equivalence::{CallOf, Model, ReplyOf},
};

/// Records the calls of concurrent callers under one clock of ticks.
pub(super) struct Recorder<M: Model> {
    clock: AtomicU64,
    recorded: Mutex<Recorded<M>>,
}

/// A history, and the number of failed calls, which are not part of it.
pub(super) struct Recorded<M: Model> {
    pub(super) history: History<M>,
    pub(super) failed: u64,
}

/// A call that a caller has just made.
pub(super) struct Invocation<M: Model> {
    pub(super) caller: usize,
    pub(super) invoked: u64,
    pub(super) call: CallOf<M>,
}

impl<M: Model> Default for Recorded<M> {
    fn default() -> Self {
        Self {
            history: Vec::new(),
            failed: 0,
        }
    }
}

impl<M: Model> Default for Recorder<M> {
    fn default() -> Self {
        Self {
            clock: AtomicU64::new(0),
            recorded: Mutex::default(),
        }
    }
}

impl<M: Model> Recorder<M> {
    /// Takes the next tick.
    pub(super) fn tick(&self) -> u64 {
        self.clock.fetch_add(1, SeqCst)
    }

    /// Records a call that completed at tick `at`; `reply` is `None` after a panic or a timeout.
    pub(super) fn record(
        &self,
        invocation: Invocation<M>,
        at: u64,
        reply: Option<ReplyOf<M>>,
        completion: fn(&ReplyOf<M>) -> Completion,
    ) {
        let completion = reply
            .as_ref()
            .map_or(Completion::Info, |reply| match M::Contract::outcome(reply) {
                Outcome::Transport(_) | Outcome::Panic(_) => Completion::Info,
                _ => completion(reply),
            });
        let mut recorded = self.recorded.lock().unwrap_or_else(PoisonError::into_inner);
        let response = match (completion, reply) {
            (Completion::Fail, _) => {
                recorded.failed += 1;
                return;
            }
            (Completion::Ok, Some(reply)) => Some(Response { at, reply }),
            _ => None,
        };
        let Invocation { caller, invoked, call } = invocation;
        recorded.history.push(Operation {
            caller,
            invoked,
            call,
            response,
        });
    }

    /// Takes what was recorded, by the time of the calls.
    pub(super) fn take(&self) -> Recorded<M> {
        let mut recorded = std::mem::take(&mut *self.recorded.lock().unwrap_or_else(PoisonError::into_inner));
        recorded.history.sort_by_key(|operation| operation.invoked);
        recorded
    }
}
