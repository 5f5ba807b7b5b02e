//! The call to the second side: detached from the caller, within limits.

use std::{sync::Arc, time::Duration};

use serde_json::Value;
use tokio::time::timeout;

use crate::{
    Contract, Outcome, TransportFailure, chance,
    launch::{
        Effect, Seen, Side,
        ambient::Ambient,
        dial::Bucket,
        inner::Inner,
        isolated::Turn,
        recorder::Record,
        verdict::{Verdict, judge},
    },
    observe, time,
};

/// One call, as the second side and the recorder know it.
pub(crate) struct Second<C: Contract + ?Sized> {
    pub(crate) inner: Arc<Inner<C>>,
    pub(crate) method: usize,
    /// The side whose answer the caller gets.
    pub(crate) first: Side,
    pub(crate) ambient: Ambient,
}

/// The end of the first side's call.
pub(crate) struct Answered<R> {
    pub(crate) reply: R,
    pub(crate) took: Duration,
    pub(crate) effects: Vec<Effect>,
}

/// The end of the second side's call.
pub(crate) struct Asked<R> {
    pub(crate) outcome: Outcome<R, R>,
    timed_out: bool,
    took: Duration,
    pub(crate) effects: Vec<Effect>,
}

impl<C: Contract + ?Sized> Second<C> {
    /// Makes a call to one side in the part that `turn` gives it, within the time limit.
    pub(crate) async fn ask(&self, side: Side, turn: Turn, call: C::Call) -> Asked<C::Reply> {
        let service = Arc::clone(self.inner.side(side));
        let begun = time::monotonic();
        let context = self.ambient.shadow();
        let call = turn
            .clone()
            .scope(context.scope(async { observe(&*service, call).await }));
        let ended = timeout(self.inner.limits.time, call).await;
        let timed_out = ended.is_err();
        let outcome = match ended {
            Err(_) => {
                let reason = format!("no answer within {:?}", self.inner.limits.time);
                Outcome::Transport(TransportFailure::new(C::NAME, reason))
            }
            // It is full, or its neighbour is away: that says nothing about the call.
            Ok(Outcome::Value(reply) | Outcome::DomainError(reply)) if C::is_not_done(&reply) => {
                Outcome::Transport(TransportFailure::unsent(C::NAME, "it could not take the call now"))
            }
            Ok(outcome) => outcome,
        };
        Asked {
            outcome,
            timed_out,
            took: begun.elapsed(),
            effects: turn.effects(),
        }
    }

    /// Shadows a read, and compares the first side with itself once in a while.
    pub(crate) async fn shadow(&self, call: C::Call, answered: Answered<C::Reply>) {
        if self.inner.is_killed() {
            return self.record(Seen::Killed, answered.took, None);
        }
        let noise = self.inner.noise_dial();
        let again = noise.includes(Bucket::scaled(chance::bits())).then(|| call.clone());
        let second = self.first.other();
        let turn = Turn::shadowing(second, answered.effects.clone());
        let asked = self.ask(second, turn, call).await;
        self.judge(&answered, &asked, true);
        // After the second side, so that the two calls that give the noise bracket it in time.
        if let Some(call) = again.filter(|_| !self.inner.is_killed()) {
            let turn = Turn::shadowing(self.first, answered.effects.clone());
            let again = self.ask(self.first, turn, call).await;
            let judging = self.inner.judging();
            let own = (&again.outcome, again.effects.as_slice());
            let verdict = judge::<C>(&judging.rules, (&answered.reply, &answered.effects), own);
            self.inner.recorder.noise(self.method, &verdict);
        }
    }

    /// Compares both outcomes if they are to be compared, and records the result.
    pub(crate) fn judge(&self, answered: &Answered<C::Reply>, asked: &Asked<C::Reply>, compared: bool) {
        let judging = self.inner.judging();
        let verdict = if compared {
            let own = (&asked.outcome, asked.effects.as_slice());
            judge::<C>(&judging.rules, (&answered.reply, &answered.effects), own)
        } else {
            Verdict::Same
        };
        let seen = match (&verdict, &asked.outcome) {
            (_, Outcome::Transport(_)) if asked.timed_out => Seen::TimedOut,
            (_, Outcome::Transport(_)) => Seen::Transport,
            _ if !compared => Seen::Written,
            (Verdict::Same, _) => Seen::Same,
            (Verdict::Explained, _) => Seen::Explained,
            (Verdict::Different(_), _) => Seen::Different,
            (Verdict::NoAnswer, _) => Seen::Unanswered,
        };
        let record = Record {
            method: self.method,
            first: self.first,
            seen,
            took: (answered.took, Some(asked.took)),
            second_panicked: matches!(asked.outcome, Outcome::Panic(_)),
            verdict,
            request: self.ambient.request(),
        };
        self.inner.recorder.record(&record, &judging.shown);
    }

    /// Records a call of which the second side was not asked.
    pub(crate) fn record(&self, seen: Seen, took: Duration, verdict: Option<Verdict>) {
        let record = Record {
            method: self.method,
            first: self.first,
            seen,
            took: (took, None),
            second_panicked: false,
            verdict: verdict.unwrap_or(Verdict::NoAnswer),
            request: self.ambient.request(),
        };
        self.inner.recorder.record(&record, &[]);
    }
}

/// The call as JSON, which a journal keeps.
pub(crate) fn written<C: Contract + ?Sized>(call: &C::Call) -> Value {
    serde_json::to_value(call).unwrap_or_default()
}
