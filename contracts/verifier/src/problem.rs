use ledger::document::Unjudged;
use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Reason why a verification is not believed, whatever the results of its interactions are.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// The source has no pacts.
    #[error("{source_name} has no pacts: nothing was verified; say where they are with --pacts, or publish some there")]
    NoPacts {
        /// Name of the source.
        source_name: String,
    },
    /// The source has pacts, but none with this provider.
    #[error(
        "no pact in {source_name} is with the provider '{provider}': nothing was verified; its providers are: {}",
        known.join(", ")
    )]
    UnknownProvider {
        /// Name of the source.
        source_name: String,
        /// Name of the provider that was asked for.
        provider: String,
        /// Names of the providers that have pacts.
        known: Vec<String>,
    },
    /// The filter leaves no interaction.
    #[error("{filter} matches none of the {total} interactions with '{provider}': nothing was verified")]
    NothingMatches {
        /// Filter as it was given.
        filter: String,
        /// Name of the provider.
        provider: String,
        /// Number of interactions with the provider.
        total: usize,
    },
    /// The file has no interactions.
    #[error("{file} has no interactions: it promises nothing; delete it, or fix the suite that writes it")]
    NoInteractions {
        /// Name of the file.
        file: String,
    },
    /// The file says that a failure of the interaction does not count.
    #[error("{file}: '{description}' is marked pending, so that its failure would not count; remove the mark")]
    Pending {
        /// Name of the file.
        file: String,
        /// Description of the interaction.
        description: String,
    },
    /// The broker says that failures of the pact do not count.
    #[error(
        "the broker says that {file} is pending, so that its failure would not count; configure it to give pacts \
         without that status"
    )]
    PendingAtBroker {
        /// Address of the pact.
        file: String,
    },
    /// Two interactions have the same description and states.
    #[error("{file}: '{description}' is there twice with the same states; give one of them another description")]
    Doubled {
        /// Name of the file.
        file: String,
        /// Description of both interactions.
        description: String,
    },
    /// Two files are between the same consumer and provider, and are not its HTTP and its messages of version 3.
    #[error(
        "{file} and {other} are both between '{consumer}' and '{provider}'; keep the one that counts, and delete \
         the other; only before version 4 may there be two, one of HTTP and one of messages"
    )]
    TwoFiles {
        /// Name of one file.
        file: String,
        /// Name of the other file.
        other: String,
        /// Consumer of both files.
        consumer: String,
        /// Provider of both files.
        provider: String,
    },
    /// The message has no contents, so it promises nothing.
    #[error("{file}: the message '{description}' has no contents: anything would match; fix the suite that writes it")]
    NoContents {
        /// Name of the file.
        file: String,
        /// Description of the interaction.
        description: String,
    },
    /// The pact has a part that can't be judged here.
    #[error("{file}: {part}")]
    NotJudged {
        /// Name of the file.
        file: String,
        /// Part of the pact.
        part: Unjudged,
    },
    /// The reply of the interaction can't be mutated and judged.
    #[error("{file}: '{description}': {reason}; fix the suite that writes it")]
    Unusable {
        /// Name of the file.
        file: String,
        /// Description of the interaction.
        description: String,
        /// Reason why it can't.
        reason: String,
    },
    /// The number of verified interactions is not the number in the file.
    #[error(
        "{file}: {verified} interactions were verified, wanted the {expected} of the file; version 4 has all of \
         them under 'interactions', and nothing reads those under 'messages'"
    )]
    Miscounted {
        /// Name of the file.
        file: String,
        /// Number of interactions in the file.
        expected: usize,
        /// Number of interactions that were verified.
        verified: usize,
    },
    /// The provider does not answer.
    #[error("provider '{provider}' is not ready: {reason}")]
    NotReady {
        /// Name of the provider.
        provider: String,
        /// Attempt that was made, and its result.
        reason: String,
    },
}

impl Problem {
    /// Stable name of the kind, for machines.
    pub fn kind(&self) -> &'static str {
        match self {
            Self::NoPacts { .. } => "no_pacts",
            Self::UnknownProvider { .. } => "unknown_provider",
            Self::NothingMatches { .. } => "nothing_matches",
            Self::NoInteractions { .. } => "no_interactions",
            Self::Pending { .. } => "pending",
            Self::PendingAtBroker { .. } => "pending_at_broker",
            Self::Doubled { .. } => "doubled",
            Self::TwoFiles { .. } => "two_files",
            Self::NoContents { .. } => "no_contents",
            Self::NotJudged { .. } => "not_judged",
            Self::Unusable { .. } => "unusable",
            Self::Miscounted { .. } => "miscounted",
            Self::NotReady { .. } => "not_ready",
        }
    }

    /// Says whether the problem is that there was nothing to verify.
    pub fn is_vacuous(&self) -> bool {
        matches!(
            self,
            Self::NoPacts { .. } | Self::UnknownProvider { .. } | Self::NothingMatches { .. }
        )
    }
}

impl Serialize for Problem {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut fields = serializer.serialize_struct("Problem", 2)?;
        fields.serialize_field("kind", self.kind())?;
        fields.serialize_field("text", &self.to_string())?;
        fields.end()
    }
}
