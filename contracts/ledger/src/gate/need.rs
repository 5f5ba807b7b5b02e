use super::{Decision, PairState, ServiceVersion, StandingFailure};
use crate::document::ContentHash;

/// Change that is needed for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// A version of a provider has to pass a pact.
    Passed {
        /// Version that has to pass.
        provider: ServiceVersion,
        /// Pact that it has to pass.
        pact: ContentHash,
        /// Versions that hold the pact.
        consumers: Vec<ServiceVersion>,
        /// State of the pairs in the ledger so far.
        state: PairState,
        /// Failures that stand against it, for pairs that failed.
        failures: Vec<StandingFailure>,
    },
    /// Some version of a provider has to be live.
    ProviderLive {
        /// Name of the provider.
        provider: String,
        /// Environment in which it has to be live.
        environment: String,
        /// Version that is live there and would be taken out.
        instead_of: Option<String>,
        /// Versions that need the provider.
        consumers: Vec<ServiceVersion>,
        /// Version that passed all the pacts in question; of several, the one that was verified last.
        candidate: Option<String>,
    },
    /// A live consumer has to be taken out first.
    ConsumerOut {
        /// Version that has to be taken out.
        consumer: ServiceVersion,
        /// Name of the provider that it needs.
        provider: String,
        /// Environment in which it is live.
        environment: String,
    },
    /// The ledger has to say which pacts a version holds.
    Published {
        /// Version whose pacts are unknown.
        who: ServiceVersion,
        /// Environment in which the version is live, if that is why its pacts matter.
        live_in: Option<String>,
        /// Known version that was probably meant.
        suggestion: Option<String>,
    },
    /// Something has to be verified with a version, since nothing proves that it works.
    SomethingToCheck {
        /// Version with which nothing was verified.
        who: ServiceVersion,
    },
    /// The version of a rollback has to have been live before.
    LiveBefore {
        /// Version that was never live in the environment.
        who: ServiceVersion,
        /// Environment of the rollback.
        environment: String,
    },
}

impl Need {
    /// Decision that this need alone leads to, as long as it is open.
    pub fn decision(&self) -> Decision {
        match self {
            Self::Passed {
                state: PairState::Failed,
                ..
            }
            | Self::ProviderLive { .. }
            | Self::ConsumerOut { .. } => Decision::No,
            _ => Decision::Unknown,
        }
    }

    /// Failures that stand against a yes; empty for other needs.
    pub fn failures(&self) -> &[StandingFailure] {
        match self {
            Self::Passed { failures, .. } => failures,
            _ => &[],
        }
    }

    /// Short, stable name for machines, such as `provider-not-live`.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Passed { state, .. } => match state {
                PairState::Failed => "verification-failed",
                PairState::Partial { .. } => "verification-incomplete",
                PairState::Missing | PairState::Passed => "verification-missing",
            },
            Self::ProviderLive { .. } => "provider-not-live",
            Self::ConsumerOut { .. } => "consumer-needs-it",
            Self::Published { .. } => "pacts-not-published",
            Self::SomethingToCheck { .. } => "nothing-to-check",
            Self::LiveBefore { .. } => "never-live-here",
        }
    }
}
