use std::path::PathBuf;

use clap::Args;

/// Say how strong pacts are: every reply is changed in one place after the other, and each change should be noticed.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the scores are reached, 1 some pair is under --min-score, 2 could not run, \
    3 there was nothing to mutate."
)]
pub(crate) struct MutateArgs {
    /// The provider, as pacts name it; every provider that has pacts where not given
    pub(crate) service: Option<String>,
    /// Where the pacts are: a folder, or git:REVISION:PATH
    #[arg(long, default_value = "pacts", value_name = "SOURCE")]
    pub(crate) pacts: String,
    /// How much of its changes every pair has to notice, in whole percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(crate) min_score: u8,
    /// The result as JSON
    #[arg(long)]
    pub(crate) json: bool,
    /// Also write the result as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub(crate) html: Option<PathBuf>,
}
