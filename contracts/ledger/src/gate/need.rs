use std::fmt;

use super::{RowState, ServiceVersion, Verdict, command::PactsAt};
use crate::document::ContentHash;

/// One thing that would have to change for a yes.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Need {
    /// A version of a provider has to pass a pact.
    Passed {
        /// Who has to pass.
        provider: ServiceVersion,
        /// What.
        pact: ContentHash,
        /// Who holds the pact.
        consumers: Vec<ServiceVersion>,
        /// What the ledger says so far.
        state: RowState,
    },
    /// Some version of a provider has to be live.
    ProviderLive {
        /// The provider.
        provider: String,
        /// Where.
        environment: String,
        /// The version that is there and would go.
        instead_of: Option<String>,
        /// Who needs it.
        consumers: Vec<ServiceVersion>,
        /// The version that was verified last and passed all the pacts in question, if there is one.
        candidate: Option<String>,
    },
    /// A live consumer would have to go out first.
    ConsumerOut {
        /// The consumer.
        consumer: ServiceVersion,
        /// Whom it needs.
        provider: String,
        /// Where.
        environment: String,
    },
    /// The ledger has to say which pacts a version holds.
    Published {
        /// Whose.
        who: ServiceVersion,
        /// Where it is live, if that is why it matters.
        live_in: Option<String>,
        /// The version that was probably meant.
        near: Option<String>,
    },
    /// There is nothing to check, so nothing proves that it works.
    SomethingToCheck {
        /// Of whom.
        who: ServiceVersion,
    },
    /// A rollback goes back to what was there.
    LiveBefore {
        /// Who was never there.
        who: ServiceVersion,
        /// Where.
        environment: String,
    },
}

impl Need {
    /// What the answer is as long as this is so.
    pub fn verdict(&self) -> Verdict {
        match self {
            Self::Passed {
                state: RowState::Failed,
                ..
            }
            | Self::ProviderLive { .. }
            | Self::ConsumerOut { .. } => Verdict::No,
            _ => Verdict::Unknown,
        }
    }

    /// A short name for machines.
    pub fn reason(&self) -> &'static str {
        match self {
            Self::Passed { state, .. } => match state {
                RowState::Failed => "verification-failed",
                RowState::Partial { .. } => "verification-incomplete",
                RowState::Missing | RowState::Passed => "verification-missing",
            },
            Self::ProviderLive { .. } => "provider-not-live",
            Self::ConsumerOut { .. } => "consumer-needs-it",
            Self::Published { .. } => "pacts-not-published",
            Self::SomethingToCheck { .. } => "nothing-to-check",
            Self::LiveBefore { .. } => "never-live-here",
        }
    }
}

impl fmt::Display for Need {
    /// What is so, and what is to be done about it.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed {
                provider,
                pact,
                consumers,
                state,
            } => passed(formatter, provider, pact, consumers, *state),
            Self::ProviderLive {
                provider,
                environment,
                instead_of,
                consumers,
                candidate,
            } => {
                let gone = instead_of.as_ref().map_or("no version", |_| "no other version");
                let names = list(consumers);
                write!(
                    formatter,
                    "{gone} of {provider} is live in {environment}, and {names} needs it; "
                )?;
                match candidate {
                    Some(version) => write!(formatter, "deploy {version}, which has passed, and record it"),
                    None => write!(
                        formatter,
                        "no version that has passed is known: verify one{}, then deploy it",
                        PactsAt::of_all(consumers).words(consumers)
                    ),
                }
            }
            Self::ConsumerOut { consumer, provider, .. } => write!(
                formatter,
                "{consumer} needs {provider}, and no other version that has passed is known; take {consumer} out first, and record it"
            ),
            Self::Published { who, live_in, near } => {
                let place = live_in
                    .as_ref()
                    .map_or_else(String::new, |place| format!(", live in {place},"));
                let near = near
                    .as_ref()
                    .map_or_else(String::new, |near| format!(" (did you mean {near}?)"));
                write!(
                    formatter,
                    "the ledger does not say which pacts {who}{place} holds{near}; publish them where it is checked out, with --calls-nobody if it calls nobody"
                )
            }
            Self::SomethingToCheck { who } => write!(
                formatter,
                "nothing was ever verified with {who}, and nothing has to be; if that is right, say why under [no-contracts] in environments.toml, else verify it where it is checked out"
            ),
            Self::LiveBefore { who, environment } => write!(
                formatter,
                "{who} was never live in {environment}, so this is no way back; ask for a deployment"
            ),
        }
    }
}

fn passed(
    formatter: &mut fmt::Formatter<'_>,
    provider: &ServiceVersion,
    pact: &ContentHash,
    consumers: &[ServiceVersion],
    state: RowState,
) -> fmt::Result {
    let (pact, names) = (pact.short(), list(consumers));
    // The same pact is theirs all: those of any one will do.
    let with = PactsAt::of_any(consumers, provider).words(&consumers[..consumers.len().min(1)]);
    match state {
        RowState::Failed => write!(
            formatter,
            "{provider} fails the pact of {names} ({pact}); mend either, and verify again"
        ),
        RowState::Partial { verified, of } => write!(
            formatter,
            "{provider} was verified with {verified} of the {of} interactions of the pact of {names} ({pact}); verify all"
        ),
        RowState::Missing | RowState::Passed => {
            write!(
                formatter,
                "{provider} was not verified against the pact of {names} ({pact}); verify it"
            )
        }
    }?;
    write!(formatter, " where {provider} is checked out{with}")
}

/// `orders 1, 2 and payments 7`.
pub(super) fn list(versions: &[ServiceVersion]) -> String {
    let mut names: Vec<String> = versions.iter().map(ToString::to_string).collect();
    match names.pop() {
        Some(last) if !names.is_empty() => format!("{} and {last}", names.join(", ")),
        last => last.unwrap_or_default(),
    }
}
