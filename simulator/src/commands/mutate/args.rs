use std::path::PathBuf;

use clap::Args;

use crate::commands::arguments::PactsArgs;

/// Say how strong pacts are: every reply is changed in one place after the other, and each change should be noticed.
#[derive(Clone, Debug, Args)]
#[command(
    after_help = "Exit codes: 0 the scores are reached, 1 some pair is under --min-score, 2 could not run, \
    3 there was nothing to mutate."
)]
pub(crate) struct MutateArgs {
    #[command(flatten)]
    pub(super) pacts: PactsArgs,
    /// The share of its changes that every pair has to notice, in whole percent
    #[arg(long, value_name = "PERCENT", default_value_t = 0, value_parser = clap::value_parser!(u8).range(0..=100))]
    pub(super) min_score: u8,
    /// Print the result as JSON
    #[arg(long)]
    pub(super) json: bool,
    /// Also write the result as a page of HTML
    #[arg(long, value_name = "FILE")]
    pub(super) html: Option<PathBuf>,
}
