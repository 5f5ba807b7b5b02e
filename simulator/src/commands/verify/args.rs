use std::path::PathBuf;

use clap::Args;
use verifier::Filter;

use super::broker::BrokerArgs;
use crate::commands::arguments::{PactsArgs, ProvidersArgs, VersionArg};

/// Verify providers against the pacts of their consumers, strictly: all interactions that there are, or it is not
/// green.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every interaction was verified, 1 one was not or can't be believed, \
    2 could not run, 3 there was nothing to verify."
)]
pub(crate) struct VerifyArgs {
    #[command(flatten)]
    pub(super) pacts: PactsArgs,
    #[command(flatten)]
    pub(super) broker: BrokerArgs,
    #[command(flatten)]
    pub(super) providers: ProvidersArgs,
    /// A provider that runs already, in any language, instead of one that is brought up
    #[arg(long, value_name = "URL", requires = "service")]
    pub(super) provider_url: Option<String>,
    /// The address at which that provider changes its states: POST {state, params, action}
    #[arg(long, value_name = "URL", requires = "provider_url")]
    pub(super) state_url: Option<String>,
    /// The address at which that provider gives its messages: POST {description, providerStates}
    #[arg(long, value_name = "URL", requires = "provider_url")]
    pub(super) message_url: Option<String>,
    #[command(flatten)]
    pub(super) version: VersionArg,
    /// Append the result of each pact to the ledger
    #[arg(long, conflicts_with_all = ["consumer", "description", "state"])]
    pub(super) record: bool,
    /// The folder of pacts whose ledger is appended to
    #[arg(long, value_name = "FOLDER", default_value = "pacts", requires = "record")]
    pub(super) ledger: PathBuf,
    /// Only the interactions of this consumer
    #[arg(long)]
    consumer: Option<String>,
    /// Only the interactions with this text in their description
    #[arg(long, value_name = "TEXT")]
    description: Option<String>,
    /// Only the interactions that need a state with this text in its name
    #[arg(long, value_name = "TEXT")]
    state: Option<String>,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(super) junit: Option<PathBuf>,
    /// Also write the result as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}

impl VerifyArgs {
    /// The interactions that are wanted.
    pub(super) fn filter(&self) -> Filter {
        Filter {
            consumer: self.consumer.clone(),
            description: self.description.clone(),
            state: self.state.clone(),
        }
    }
}
