//! `seam up`.

use clap::Args;

use crate::exit;

/// What `seam up` is told.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The topology: a name, looked for in simulator/topologies and topologies, or a file
    #[arg(default_value = "microservices")]
    topology: String,
}

pub(crate) async fn run(args: UpArgs) -> u8 {
    let _ = args.topology;
    exit::COULD_NOT_RUN
}
