use serde::{Serialize, Serializer, ser::SerializeStruct};

/// Why a verification is not believed, whatever its interactions say.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Problem {
    /// There is no pact at all.
    #[error("{source_name} has no pacts: nothing was verified; say where they are with --pacts, or publish some there")]
    NoPacts {
        /// Where they were looked for.
        source_name: String,
    },
    /// There are pacts, but none with this provider.
    #[error("no pact in {source_name} is with the provider '{provider}': nothing was verified; providers there are: {}", known.join(", "))]
    UnknownProvider {
        /// Where they were looked for.
        source_name: String,
        /// The provider that was asked for.
        provider: String,
        /// The providers that have pacts.
        known: Vec<String>,
    },
    /// The filter leaves nothing.
    #[error("{filter} matches none of the {total} interactions with '{provider}': nothing was verified")]
    NothingMatches {
        /// The filter, as it was given.
        filter: String,
        /// The provider.
        provider: String,
        /// How many interactions there are.
        total: usize,
    },
    /// A file without interactions.
    #[error("{file} has no interactions: it promises nothing; delete it, or mend the suite that writes it")]
    NoInteractions {
        /// The file.
        file: String,
    },
    /// The file itself says that failures don't count.
    #[error("{file}: '{description}' is marked pending, so that its failure would not count; take the mark away")]
    Pending {
        /// The file.
        file: String,
        /// The interaction.
        description: String,
    },
    /// The broker says that failures don't count.
    #[error(
        "the broker says that {file} is pending, so that its failure would not count; have it give pacts without that status"
    )]
    PendingAtBroker {
        /// The pact.
        file: String,
    },
    /// Two interactions of one name.
    #[error("{file}: '{description}' stands there twice with the same states; give one of them another description")]
    Doubled {
        /// The file.
        file: String,
        /// The interaction.
        description: String,
    },
    /// Two files for one pair.
    #[error("{file} and {other} are both between '{consumer}' and '{provider}'; which one holds? delete the other")]
    TwoFiles {
        /// The one.
        file: String,
        /// The other.
        other: String,
        /// The consumer of both.
        consumer: String,
        /// The provider of both.
        provider: String,
    },
    /// A message that promises nothing.
    #[error("{file}: the message '{description}' has no contents: anything would match; mend the suite that writes it")]
    NoContents {
        /// The file.
        file: String,
        /// The interaction.
        description: String,
    },
    /// Requests and replies over messages.
    #[error(
        "{file}: '{description}' is a synchronous message, which is not verified here; verify it with a Pact plugin"
    )]
    SynchronousMessage {
        /// The file.
        file: String,
        /// The interaction.
        description: String,
    },
    /// An interaction whose reply can't be changed and judged.
    #[error("{file}: '{description}': {reason}; mend the suite that writes it")]
    Unusable {
        /// The file.
        file: String,
        /// The interaction.
        description: String,
        /// Why.
        reason: String,
    },
    /// Fewer or more were verified than there are.
    #[error(
        "{file}: {verified} interactions were verified, wanted the {expected} that stand in the file; version 4 has them all under 'interactions', and what else it has under 'messages' is read by nobody"
    )]
    Miscounted {
        /// The file.
        file: String,
        /// How many there are.
        expected: usize,
        /// How many were verified.
        verified: usize,
    },
    /// The provider does not answer.
    #[error("provider '{provider}' is not ready: {reason}")]
    NotReady {
        /// The provider.
        provider: String,
        /// What was tried and what came of it.
        reason: String,
    },
}

impl Problem {
    /// The name of its kind, for machines.
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
            Self::SynchronousMessage { .. } => "synchronous_message",
            Self::Unusable { .. } => "unusable",
            Self::Miscounted { .. } => "miscounted",
            Self::NotReady { .. } => "not_ready",
        }
    }

    /// Whether it means that nothing was there to be verified.
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
