use std::fmt;

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
    /// Another value, but always the same for the same.
    Renamed,
}

impl Rule {
    /// The field's value may be anything. It must be there.
    pub fn ignored(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(Kind::Ignored, field, owner, reason)
    }

    /// The subject has its own value for each of the model's, and keeps to it for the whole sequence: an id that it mints, a time that it
    /// reads. Calls that name such a value are given the subject's own.
    pub fn renamed(field: &str, owner: &str, reason: &str) -> Self {
        Self::of(Kind::Renamed, field, owner, reason)
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
        };
        write!(f, "{} {kind} by {}: {}", self.field, self.owner, self.reason)
    }
}
