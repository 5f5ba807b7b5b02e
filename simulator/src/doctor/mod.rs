//! `seam doctor`.

use clap::Args;

use crate::exit;

/// What `seam doctor` is told.
#[derive(Debug, Args)]
pub(crate) struct DoctorArgs {
    /// Print one JSON object instead of a table
    #[arg(long)]
    json: bool,
}

pub(crate) async fn run(args: DoctorArgs) -> u8 {
    let _ = args.json;
    exit::COULD_NOT_RUN
}
