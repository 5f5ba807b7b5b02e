//! Sentences for people: the state of things, then what to do about it.

use std::fmt::{self, Formatter};

use super::{Need, PairState, ServiceVersion, StandingFailure, pacts_at::PactsAt, service_version::list};
use crate::document::ContentHash;

impl fmt::Display for Need {
    fn fmt(&self, formatter: &mut Formatter<'_>) -> fmt::Result {
        match self {
            Self::Passed {
                provider,
                pact,
                consumers,
                state,
                failures,
            } => passed(formatter, provider, pact, consumers, (*state, failures)),
            Self::ProviderLive {
                provider,
                environment,
                instead_of,
                consumers,
                candidate,
            } => {
                let gone = instead_of.as_ref().map_or("no version", |_| "no other version");
                let verb = if consumers.len() == 1 { "needs" } else { "need" };
                let names = list(consumers);
                write!(
                    formatter,
                    "{gone} of {provider} is live in {environment}, and {names} {verb} it; "
                )?;
                way(formatter, candidate.as_deref(), consumers)
            }
            Self::ConsumerOut { consumer, provider, .. } => write!(
                formatter,
                "{consumer} needs {provider}, and no other version of it is known to have passed; take {consumer} out \
                 first, and record it"
            ),
            Self::Published {
                who,
                live_in,
                suggestion,
            } => {
                let live = live_in.as_ref();
                let live = live.map_or_else(String::new, |environment| format!(", live in {environment},"));
                let meant = suggestion.as_ref();
                let meant = meant.map_or_else(String::new, |version| format!(" (did you mean {version}?)"));
                write!(
                    formatter,
                    "the ledger does not say which pacts {who}{live} holds{meant}; publish them where it is \
                     checked out, with --calls-nobody if it calls nobody"
                )
            }
            Self::SomethingToCheck { who } => write!(
                formatter,
                "nothing was ever verified with {who}, and nothing has to be; if that is right, say why under \
                 [no-contracts] in environments.toml, otherwise verify it where it is checked out"
            ),
            Self::LiveBefore { who, environment } => write!(
                formatter,
                "{who} was never live in {environment}, so going there is not a rollback; ask for a deployment"
            ),
        }
    }
}

/// Way to get a version of the provider live: a version that is known to have passed, or else a verification first.
fn way(formatter: &mut Formatter<'_>, candidate: Option<&str>, consumers: &[ServiceVersion]) -> fmt::Result {
    match candidate {
        Some(version) => write!(formatter, "deploy {version}, which has passed, and record it"),
        None => write!(
            formatter,
            "no version is known to have passed: verify one{}, then deploy it",
            PactsAt::of_all(consumers).words(consumers)
        ),
    }
}

fn passed(
    formatter: &mut Formatter<'_>,
    provider: &ServiceVersion,
    pact: &ContentHash,
    consumers: &[ServiceVersion],
    (state, failures): (PairState, &[StandingFailure]),
) -> fmt::Result {
    let (pact, names) = (pact.short(), list(consumers));
    // All consumers of the need hold the same pact, so the pacts of the first are enough.
    let with = PactsAt::of_any(consumers, provider).words(&consumers[..consumers.len().min(1)]);
    match state {
        PairState::Failed => write!(
            formatter,
            "{provider} fails the pact of {names} ({pact}), says {}; {}",
            records(failures),
            remedy(failures)
        ),
        PairState::Partial { verified, of } => write!(
            formatter,
            "{provider} was verified with {verified} of the {of} interactions of the pact of {names} ({pact}); \
             verify all"
        ),
        PairState::Missing | PairState::Passed => write!(
            formatter,
            "{provider} was not verified against the pact of {names} ({pact}); verify it"
        ),
    }?;
    write!(formatter, " where {provider} is checked out{with}")
}

/// Files of the failures, as text.
fn records(failures: &[StandingFailure]) -> String {
    let files: Vec<&str> = failures.iter().map(|failure| failure.record.as_str()).collect();
    files.join(" and ")
}

fn remedy(failures: &[StandingFailure]) -> &'static str {
    if failures.iter().any(|failure| failure.is_contested) {
        "a pass stands beside it, and nothing proves that it is the later one; verify again, with the failure in the \
         ledger,"
    } else {
        "fix one of them, and verify again"
    }
}
