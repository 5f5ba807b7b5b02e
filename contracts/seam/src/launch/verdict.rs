//! The comparison of both sides' outcomes of one call.

use std::{
    fmt,
    sync::atomic::{AtomicU64, Ordering::Relaxed},
};

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::{
    Contract, Outcome,
    compare::{Comparison, Day, Mismatch, Rule},
    launch::isolated::{Effect, compared},
    time,
};

/// The most differences of one call that are kept.
const MOST: usize = 20;

/// The kind of a difference.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Class {
    /// One side gave a value, the other a domain error.
    Outcome,
    /// The side that was asked second panicked.
    Panic,
    /// A field or an element is not there.
    Missing,
    /// A field or an element is there beside those of the first side.
    Extra,
    /// A value of another JSON type.
    Type,
    /// Another value of the same type.
    Value,
}

impl Class {
    /// The name in reports and metrics.
    pub fn name(self) -> &'static str {
        match self {
            Self::Outcome => "outcome",
            Self::Panic => "panic",
            Self::Missing => "missing",
            Self::Extra => "extra",
            Self::Type => "type",
            Self::Value => "value",
        }
    }

    fn of(mismatch: &Mismatch) -> Self {
        match (&mismatch.expected, &mismatch.seen) {
            (Some(_), None) => Self::Missing,
            (None, _) => Self::Extra,
            (Some(expected), Some(seen)) if kind(expected) == kind(seen) => Self::Value,
            _ => Self::Type,
        }
    }
}

impl fmt::Display for Class {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

fn kind(value: &Value) -> u8 {
    match value {
        Value::Null => 0,
        Value::Bool(_) => 1,
        Value::Number(_) => 2,
        Value::String(_) => 3,
        Value::Array(_) => 4,
        Value::Object(_) => 5,
    }
}

/// One difference between both sides.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Difference {
    pub(crate) class: Class,
    pub(crate) mismatch: Mismatch,
}

/// The result of a comparison.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Verdict {
    /// Both sides agree.
    Same,
    /// They differ only as rules permit.
    Explained,
    /// They differ in these places.
    Different(Vec<Difference>),
    /// One side gave no answer, so there is nothing to compare. Never a mismatch.
    NoAnswer,
}

/// The rules in force, and how often each has explained a difference.
#[derive(Debug, Default)]
pub(crate) struct Rules {
    all: Vec<Rule>,
    /// Those that have not expired, by their position, as of a day.
    used: Vec<AtomicU64>,
}

impl Rules {
    pub(crate) fn new(all: Vec<Rule>) -> Self {
        let used = all.iter().map(|_| AtomicU64::new(0)).collect();
        Self { all, used }
    }

    /// All rules, each with the number of calls that it has explained and whether it has expired.
    pub(crate) fn standing(&self) -> Vec<(Rule, u64, bool)> {
        let today = Day::at(time::now());
        let standing = |(rule, used): (&Rule, &AtomicU64)| (rule.clone(), used.load(Relaxed), has_expired(rule, today));
        self.all.iter().zip(&self.used).map(standing).collect()
    }

    fn in_force(&self) -> (Vec<Rule>, Vec<&AtomicU64>) {
        let today = Day::at(time::now());
        let in_force = self
            .all
            .iter()
            .zip(&self.used)
            .filter(|(rule, _)| !has_expired(rule, today));
        in_force.map(|(rule, used)| (rule.clone(), used)).unzip()
    }
}

fn has_expired(rule: &Rule, today: Day) -> bool {
    rule.expires.is_none_or(|last| last < today)
}

/// Compares the first side's answer with the outcome of the second, and what they sent to neighbours.
///
/// Generated ids and timestamps are tracked within one call only, since calls come in no order.
pub(crate) fn judge<C: Contract + ?Sized>(
    rules: &Rules,
    first: (&C::Reply, &[Effect]),
    second: (&Outcome<C::Reply, C::Reply>, &[Effect]),
) -> Verdict {
    let whole = |class, expected: &str, seen: &str| {
        let mut mismatch = Mismatch::new(&[], Some(&expected.into()), Some(&seen.into()));
        mismatch.reason = None;
        Verdict::Different(vec![Difference { class, mismatch }])
    };
    let kind = C::outcome(first.0);
    let reply = match (&kind, second.0) {
        (Outcome::Transport(_) | Outcome::Panic(_), _) | (_, Outcome::Transport(_)) => return Verdict::NoAnswer,
        (_, Outcome::Panic(_)) => return whole(Class::Panic, kind.kind(), "panic"),
        (Outcome::Value(()), Outcome::Value(reply)) | (Outcome::DomainError(_), Outcome::DomainError(reply)) => reply,
        (_, other) => return whole(Class::Outcome, kind.kind(), other.kind()),
    };
    if reply == first.0 && first.1 == second.1 {
        return Verdict::Same;
    }
    let (all, used) = rules.in_force();
    let mut comparison = Comparison::under(&all);
    let json = |reply: &C::Reply| serde_json::to_value(reply).ok();
    let mut found = match (json(first.0), json(reply)) {
        (Some(expected), Some(seen)) if expected == seen && reply != first.0 => {
            return whole(Class::Value, "equal replies", "a difference that JSON does not show");
        }
        (Some(expected), Some(seen)) => comparison.differences(&expected, &seen, MOST),
        _ => return whole(Class::Value, "a reply with a JSON text", "a reply without one"),
    };
    found.extend(comparison.differences(&compared(first.1), &compared(second.1), MOST));
    for (applied, used) in comparison.applied().iter().zip(used) {
        used.fetch_add(u64::from(*applied), Relaxed);
    }
    if found.is_empty() {
        return Verdict::Explained;
    }
    let differences = found.into_iter().take(MOST).map(|mismatch| Difference {
        class: Class::of(&mismatch),
        mismatch,
    });
    Verdict::Different(differences.collect())
}
