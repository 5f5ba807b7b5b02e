use clap::Args;

/// The topology that is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct Which {
    /// The topology's name, where several are up
    #[arg(long, value_name = "NAME")]
    pub(super) topology: Option<String>,
}

/// Arguments of `seam ps`.
#[derive(Clone, Debug, Args)]
pub(crate) struct PsArgs {
    /// Print JSON instead of a table
    #[arg(long)]
    pub(super) json: bool,
}

/// Arguments of `seam logs`.
#[derive(Clone, Debug, Args)]
pub(crate) struct LogsArgs {
    /// The node, or all its instances; every node where not given
    pub(super) node: Option<String>,
    /// Go on with what is written from now on, until Ctrl-C or the end of the topology
    #[arg(short, long)]
    pub(super) follow: bool,
    #[command(flatten)]
    pub(super) which: Which,
}

/// Arguments of `seam restart`.
#[derive(Clone, Debug, Args)]
pub(crate) struct RestartArgs {
    /// The node, or all its instances
    pub(super) node: String,
    #[command(flatten)]
    pub(super) which: Which,
}

/// Arguments of `seam down`.
#[derive(Clone, Debug, Args)]
pub(crate) struct DownArgs {
    #[command(flatten)]
    pub(super) which: Which,
}
