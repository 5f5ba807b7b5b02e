use std::{fmt, time::Duration};

use serde_json::Value;

use super::{
    Instance,
    model::{CallOf, Model},
    sequence::{Expected, Step, json_if_needed, resolve},
};
use crate::{
    Contract, caught,
    compare::{Comparison, Mismatch, Rule},
    time::monotonic,
};

/// The pause between two readings of effects that do not agree yet.
const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// A difference between a subject and the model.
#[derive(Clone, Debug, PartialEq)]
pub struct Difference {
    /// The position of the call, from 0; the number of calls if the effects differ.
    pub step: usize,
    /// The kind of the difference.
    pub what: What,
}

/// The kinds of differences.
#[derive(Clone, Debug, PartialEq)]
pub enum What {
    /// The reply differs, at one place.
    Reply(Mismatch),
    /// The effects beside the replies differ, at one place.
    Effects(Mismatch),
    /// The subject failed to report its effects.
    EffectsUnknown(String),
    /// The subject panicked instead of replying.
    Panicked(String),
    /// The subject did not reply within this time.
    Silent(Duration),
}

impl fmt::Display for What {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Reply(mismatch) => write!(f, "{mismatch}"),
            Self::Effects(mismatch) => write!(f, "effects differ {mismatch}"),
            Self::EffectsUnknown(reason) => write!(f, "effects can't be read: {reason}"),
            Self::Panicked(message) => write!(f, "it panicked: {message}"),
            Self::Silent(patience) => write!(f, "no reply within {} s", patience.as_secs_f64()),
        }
    }
}

/// One sequence to be run on one subject.
pub(crate) struct Execution<'a, M: Model> {
    pub(crate) steps: &'a [Step<CallOf<M>>],
    pub(crate) expected: &'a Expected<M>,
    pub(crate) rules: &'a [Rule],
    pub(crate) patience: Duration,
    pub(crate) settling: Duration,
    /// Set if the replies are to be kept as text, for printing.
    pub(crate) keep_replies: bool,
}

/// The result of an execution.
pub(crate) struct Executed {
    pub(crate) difference: Option<Difference>,
    /// The replies up to the first difference, if they were to be kept.
    pub(crate) replies: Vec<String>,
    /// The rules that allowed a difference, by position.
    pub(crate) applied: Vec<bool>,
}

impl<M: Model> Execution<'_, M> {
    pub(crate) async fn on(&self, instance: Instance<M::Contract>) -> Executed {
        let mut comparison = Comparison::under(self.rules);
        let mut replies = Vec::new();
        let mut difference = self.calls(&instance, &mut comparison, &mut replies).await;
        if difference.is_none() {
            difference = self.effects(&instance, &mut comparison).await;
        }
        instance.close().await;
        Executed {
            difference,
            replies,
            applied: comparison.applied().to_vec(),
        }
    }

    async fn calls(
        &self,
        instance: &Instance<M::Contract>,
        comparison: &mut Comparison<'_>,
        shown: &mut Vec<String>,
    ) -> Option<Difference> {
        let service = instance.service();
        let mut replies = Vec::with_capacity(self.steps.len());
        for (position, (step, expected)) in self.steps.iter().zip(&self.expected.replies).enumerate() {
            let call = resolve::<M>(step, &replies);
            if let Some(tick) = comparison.tick() {
                pass(tick).await;
            }
            let answer = tokio::time::timeout(self.patience, caught(service.dispatch(call)));
            let what = match answer.await {
                Ok(Ok(reply)) => {
                    let compared = comparison.same(&expected.reply, &reply);
                    replies.push(json_if_needed::<M>(self.steps, &reply));
                    if self.keep_replies {
                        shown.push(as_text::<M::Contract>(&reply));
                    }
                    compared.err().map(What::Reply)
                }
                Ok(Err(panic)) => Some(What::Panicked(panic.message)),
                Err(_elapsed) => Some(What::Silent(self.patience)),
            };
            if let Some(what) = what {
                return Some(Difference { step: position, what });
            }
        }
        None
    }

    /// Reads the effects until they agree with the model's or the time to settle is over: an effect may come
    /// after the reply that caused it.
    async fn effects(&self, instance: &Instance<M::Contract>, comparison: &mut Comparison<'_>) -> Option<Difference> {
        let expected = Value::Array(self.expected.effects.clone());
        let until = monotonic() + self.settling;
        loop {
            let what = match tokio::time::timeout(self.patience, instance.effects()).await {
                Ok(Ok(None)) => return None,
                Ok(Ok(Some(seen))) => {
                    // Effects that do not agree yet must not teach the comparison any names.
                    let mut attempt = comparison.clone();
                    let compared = attempt.compare(&expected, &Value::Array(seen));
                    if compared.is_ok() {
                        *comparison = attempt;
                    }
                    What::Effects(compared.err()?)
                }
                Ok(Err(reason)) => What::EffectsUnknown(reason),
                Err(_elapsed) => What::EffectsUnknown(format!("no answer within {} s", self.patience.as_secs_f64())),
            };
            if monotonic() >= until {
                let step = self.steps.len();
                return Some(Difference { step, what });
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    }
}

/// Waits for `time`, mostly a microsecond. No timer is that fine, so it polls the clock.
async fn pass(time: Duration) {
    let begun = monotonic();
    while begun.elapsed() <= time {
        tokio::task::yield_now().await;
    }
}

/// A reply as JSON, without the name of its method.
pub(crate) fn as_text<C: Contract + ?Sized>(reply: &C::Reply) -> String {
    let json = serde_json::to_value(reply).unwrap_or_default();
    let inner = json.as_object().and_then(|reply| reply.values().next());
    inner.unwrap_or(&json).to_string()
}
