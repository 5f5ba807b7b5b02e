use clap::Args;

use crate::{
    backend::{Options, Profile},
    cli::name_and_value,
};

/// Arguments of `seam up`.
#[derive(Debug, Args)]
pub(crate) struct UpArgs {
    /// The topology: a name, looked for in simulator/topologies and topologies from here upwards, or a file
    #[arg(default_value = "microservices")]
    pub(super) topology: String,
    /// Give a variable of the topology another value
    #[arg(long = "set", value_name = "NAME=VALUE", value_parser = name_and_value)]
    pub(super) overrides: Vec<(String, String)>,
    /// Build cargo binaries in the release profile instead of debug
    #[arg(long)]
    release: bool,
    /// Keep the folder with data and logs when stopped
    #[arg(long)]
    pub(super) keep: bool,
    /// Print JSON lines instead of a table: one when all is ready, then one for each change of a node
    #[arg(long)]
    pub(super) json: bool,
}

impl UpArgs {
    pub(super) fn options(&self) -> Options {
        let profile = if self.release { Profile::Release } else { Profile::Debug };
        Options {
            profile,
            ..Options::default()
        }
    }
}
