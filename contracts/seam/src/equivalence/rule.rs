use std::{fmt, time::Duration};

/// A difference between model and subject that is allowed, with the one who allows it and why. Every other difference is a failure.
///
/// A rule is about a field of replies and effects, named by the end of its path: `created_at` is any field of that name, `lines.*.price`
/// the price of any line, `get_order.Ok.version` the version in one method's answer. `*` stands for any one segment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Rule {
    /// The end of the path, with dots.
    pub field: String,
    /// Who allows it.
    pub owner: String,
    /// Why it is no difference that anybody can mind.
    pub reason: String,
    pub(crate) kind: Kind,
}

/// What a rule allows.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    /// Any value for any value.
    Ignored,
    /// Another value, but always the same for the same, and another for another.
    Renamed,
    /// Another moment, but in the same order.
    Clock {
        /// How far apart two moments are at least that the subject can tell apart.
        resolution: Duration,
    },
}

impl Kind {
    /// Whether the subject has values of its own that it keeps to.
    pub(crate) fn is_own(self) -> bool {
        self != Self::Ignored
    }
}

impl Rule {
    /// The field's value may be anything. It must be there.
    pub fn ignored(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(Kind::Ignored, field, owner, reason)
    }

    /// The subject has its own value for each of the model's, and keeps to it for the whole sequence: an id that it mints. One value of
    /// the model is one value of the subject, and the other way round. Calls that name such a value are given the subject's own.
    pub fn renamed(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(Kind::Renamed, field, owner, reason)
    }

    /// The field is a moment that the subject reads off a clock of its own, one clock for all fields with such a rule. What is one moment to
    /// the model is one to the subject; what is later to the model is later to the subject.
    ///
    /// Moments may be equal that the model tells apart in one and the same reply: nothing says that the clock ticked between them. Between
    /// two calls the suite waits for `resolution`, at least the time between two ticks of the clock, and so they may not where two replies
    /// showed them first.
    ///
    /// A moment is a number, or a text whose order is that of the moments, such as RFC 3339 in UTC with always as many decimals. The clock
    /// must not be set back while the suite runs. Calls that name a moment are given the subject's own.
    pub fn clock(field: &str, resolution: Duration, owner: &str, reason: &str) -> Self {
        Self::of(Kind::Clock { resolution }, field, owner, reason)
    }

    fn of(kind: Kind, field: &str, owner: &str, reason: &str) -> Self {
        Self {
            field: field.to_owned(),
            owner: owner.to_owned(),
            reason: reason.to_owned(),
            kind,
        }
    }

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
            Kind::Ignored => "ignored",
            Kind::Renamed => "renamed",
            Kind::Clock { .. } => "read off a clock",
        };
        write!(f, "{} {kind} by {}: {}", self.field, self.owner, self.reason)
    }
}
