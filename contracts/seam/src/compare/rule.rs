use std::{fmt, time::Duration};

use crate::compare::Day;

/// A difference that is allowed in one field, with the person or team that allows it and the reason.
///
/// Every difference without a rule is a mismatch. A rule names its field by the end of the path in a reply or
/// an effect: `created_at` is any field of that name, `lines.*.price` the price of any line,
/// `get_order.Ok.version` the version in one method's reply. `*` stands for any one segment. The field must be
/// present on both sides.
///
/// ```
/// use seam::compare::{Comparison, Rule};
/// use serde_json::json;
/// use std::time::Duration;
///
/// let rules = [
///     Rule::ignored("message", "ann", "texts are for people"),
///     Rule::clock("created_at", Duration::from_micros(1), "ann", "each side has its own clock"),
/// ];
/// let same = |expected, seen| Comparison::under(&rules).compare(&expected, &seen).is_ok();
///
/// assert!(same(json!({ "message": "gone" }), json!({ "message": "not found" })));
/// assert!(same(json!({ "created_at": 3 }), json!({ "created_at": 1_767_225_600 })));
/// assert!(!same(json!({ "total": 450 }), json!({ "total": 451 })));
/// ```
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The end of the field's path, with dots.
    pub field: String,
    /// The person or team that allows the difference.
    pub owner: String,
    /// The reason why nobody depends on this difference.
    pub reason: String,
    /// The last day on which the difference is permitted; `None` if for good. A comparison does not look at it: whoever
    /// runs one for long, such as a launch, leaves expired rules out.
    pub expires: Option<Day>,
    pub(crate) kind: RuleKind,
}

/// The difference that a rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum RuleKind {
    /// Any value for any value.
    Ignored,
    /// A list with the same elements in another order.
    Unordered,
    /// A number at most so far away.
    Tolerance(Bound),
    /// Another value, but a bijection: always the same for the same, and different ones for different ones.
    Renamed,
    /// Another timestamp, in the same order.
    Clock {
        /// The least distance at which the subject's clock tells two moments apart.
        resolution: Duration,
    },
}

/// The greatest distance that a tolerance permits: not negative, and a number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(crate) struct Bound(f64);

impl Eq for Bound {}

impl Bound {
    /// Returns `true` if both are numbers, at most this far apart.
    pub(crate) fn holds(self, expected: &serde_json::Value, seen: &serde_json::Value) -> bool {
        if let (Some(expected), Some(seen)) = (expected.as_i64(), seen.as_i64()) {
            // Subtracted before they become floats, which can't tell great numbers apart.
            return expected.abs_diff(seen) as f64 <= self.0;
        }
        matches!((expected.as_f64(), seen.as_f64()), (Some(expected), Some(seen)) if (expected - seen).abs() <= self.0)
    }
}

impl RuleKind {
    /// Returns `true` if the subject's values must be consistent over the whole sequence.
    pub(crate) fn is_tracked(self) -> bool {
        matches!(self, Self::Renamed | Self::Clock { .. })
    }
}

impl Rule {
    /// Allows any value.
    pub fn ignored(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(RuleKind::Ignored, field, owner, reason)
    }

    /// Allows a list to have its elements in another order. Two elements are the same if they differ as other rules
    /// permit.
    pub fn unordered(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(RuleKind::Unordered, field, owner, reason)
    }

    /// Allows a number that is at most `by` away. Of a negative `by` nothing is allowed.
    pub fn tolerance(field: &str, by: f64, owner: &str, reason: &str) -> Self {
        Self::of(RuleKind::Tolerance(Bound(by.max(0.0))), field, owner, reason)
    }

    /// The same rule, with `day` as its last one.
    #[must_use]
    pub fn until(self, day: Day) -> Self {
        Self {
            expires: Some(day),
            ..self
        }
    }

    /// Allows another value, used consistently for the whole sequence: a generated id. One value of the
    /// reference is one value of the subject, and the other way round.
    ///
    /// An equivalence suite gives the subject's own value to calls that name such a value.
    pub fn renamed(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(RuleKind::Renamed, field, owner, reason)
    }

    /// Allows another timestamp in the same order. All fields with such a rule are taken to be read from one
    /// clock. Equal timestamps of the reference are equal on the subject; later ones are later.
    ///
    /// Two timestamps of one reply may be equal even if the reference's differ, since the clock need not tick
    /// within a call. Timestamps first seen in different replies must differ: an equivalence suite waits
    /// `resolution`, at least the time between two ticks of the clock, before each call.
    ///
    /// A timestamp is a number, or a text that sorts by time, such as RFC 3339 in UTC with a fixed number of
    /// decimals. The clock must not be set back during a sequence. An equivalence suite gives the subject's own
    /// timestamp to calls that name one.
    pub fn clock(field: &str, resolution: Duration, owner: &str, reason: &str) -> Self {
        Self::of(RuleKind::Clock { resolution }, field, owner, reason)
    }

    fn of(kind: RuleKind, field: &str, owner: &str, reason: &str) -> Self {
        Self {
            field: field.to_owned(),
            owner: owner.to_owned(),
            reason: reason.to_owned(),
            expires: None,
            kind,
        }
    }

    /// Returns `true` if the rule's field is the one at `path`.
    pub(crate) fn is_about(&self, path: &[String]) -> bool {
        let wanted = self.field.split('.').rev();
        let mut found = path.iter().rev();
        wanted
            .into_iter()
            .all(|wanted| found.next().is_some_and(|found| wanted == "*" || wanted == found))
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let kind = match self.kind {
            RuleKind::Ignored => "ignored",
            RuleKind::Unordered => "in any order",
            RuleKind::Tolerance(_) => "rounded",
            RuleKind::Renamed => "renamed",
            RuleKind::Clock { .. } => "read off a clock",
        };
        write!(f, "{} {kind} by {}: {}", self.field, self.owner, self.reason)
    }
}
