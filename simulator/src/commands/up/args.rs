use clap::Args;

use crate::commands::arguments::TopologyArgs;

/// Arguments of `seam up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The topology: a name, looked for in simulator/topologies and topologies from here upwards, or a file. Without
    /// it the only one here or there, or the one of several that says `default = true`
    #[arg(value_name = "TOPOLOGY")]
    pub(super) name: Option<String>,
    #[command(flatten)]
    pub(super) topology: TopologyArgs,
    /// Start these nodes and what they need, and no others
    #[arg(long, value_name = "NODE", num_args = 1.., conflicts_with = "profiles")]
    pub(super) only: Vec<String>,
    /// Keep the folder with data and logs when stopped
    #[arg(long)]
    pub(super) keep: bool,
    /// Return when every node is ready, and leave the topology up until `seam down`
    #[arg(short, long, conflicts_with = "json")]
    pub(super) detach: bool,
    /// Print JSON lines instead of a table: one when all is ready, then one for each change of a node
    #[arg(long)]
    pub(super) json: bool,
}
