use std::path::PathBuf;

use clap::Args;

use super::broker::BrokerArgs;
use crate::{commands::ledger::VersionArg, providers::StageArgs};

/// Verify providers against the pacts of their consumers, strictly: all interactions that there are, or it is not green.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 every interaction was verified, 1 one was not or can't be believed, \
    2 could not run, 3 there was nothing to verify."
)]
pub(crate) struct VerifyArgs {
    /// The provider, as pacts name it; every provider that has pacts where not given
    pub(crate) service: Option<String>,
    /// Where the pacts are: a folder, or git:REVISION:PATH
    #[arg(long, default_value = "pacts", value_name = "SOURCE")]
    pub(crate) pacts: String,
    #[command(flatten)]
    pub(super) broker: BrokerArgs,
    #[command(flatten)]
    pub(super) stage: StageArgs,
    /// A provider that runs already, in any language, instead of one that is brought up
    #[arg(long, value_name = "URL", requires = "service")]
    pub(crate) provider_url: Option<String>,
    /// Where that provider changes its states: POST {state, params, action}
    #[arg(long, value_name = "URL", requires = "provider_url")]
    pub(crate) state_url: Option<String>,
    /// Where that provider gives its messages: POST {description, providerStates}
    #[arg(long, value_name = "URL", requires = "provider_url")]
    pub(crate) message_url: Option<String>,
    #[command(flatten)]
    pub(super) version: VersionArg,
    /// Append the result of each pact to the ledger
    #[arg(long, conflicts_with_all = ["consumer", "description", "state"])]
    pub(crate) record: bool,
    /// The folder of pacts whose ledger is appended to
    #[arg(long, value_name = "FOLDER", default_value = "pacts", requires = "record")]
    pub(crate) ledger: PathBuf,
    /// Only the interactions of this consumer
    #[arg(long)]
    pub(crate) consumer: Option<String>,
    /// Only the interactions with this text in their description
    #[arg(long, value_name = "TEXT")]
    pub(crate) description: Option<String>,
    /// Only the interactions that need a state with this text in its name
    #[arg(long, value_name = "TEXT")]
    pub(crate) state: Option<String>,
    /// The result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the result as JUnit XML
    #[arg(long, value_name = "FILE")]
    pub(crate) junit: Option<PathBuf>,
    /// Also write the result as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
