//! Place of the pacts that a printed command needs.

use super::service_version::{ServiceVersion, list};

/// Place of the consumers' pacts, seen from a checkout of their provider.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum PactsAt<'a> {
    /// The checkout itself has them.
    Here,
    /// This git revision has them.
    Revision(&'a str),
    /// Unknown: the consumer's version is not the name of a git revision.
    Elsewhere,
}

impl<'a> PactsAt<'a> {
    /// Looks for consumers that hold the same pact, so that the file of any one of them is enough.
    pub(super) fn of_any(consumers: &'a [ServiceVersion], provider: &ServiceVersion) -> Self {
        if consumers.iter().any(|consumer| consumer.version == provider.version) {
            return Self::Here;
        }
        let revision = consumers.iter().find(|consumer| consumer.is_revision());
        revision.map_or(Self::Elsewhere, |consumer| Self::Revision(&consumer.version))
    }

    /// Looks for consumers that each hold pacts of their own, so that the files of all of them are needed.
    pub(super) fn of_all(consumers: &'a [ServiceVersion]) -> Self {
        match consumers {
            [first, rest @ ..]
                if first.is_revision() && rest.iter().all(|consumer| consumer.version == first.version) =>
            {
                Self::Revision(&first.version)
            }
            _ => Self::Elsewhere,
        }
    }

    /// Words about pacts that the command can't name, so that the reader has to bring them.
    pub(super) fn words(self, consumers: &[ServiceVersion]) -> String {
        match self {
            Self::Here | Self::Revision(_) => String::new(),
            Self::Elsewhere => format!(", with the pacts of {}", list(consumers)),
        }
    }
}
