use std::path::PathBuf;

use clap::Args;

use super::TopologyArgs;
use crate::{
    commands::session::Session,
    interrupt::Interrupt,
    progress::Lines,
    providers::{Providers, Stage},
};

/// The file of providers, and the build of their nodes.
#[derive(Clone, Debug, Args)]
pub(crate) struct ProvidersArgs {
    /// The file that says how providers are brought up and into states
    #[arg(long, default_value = "pacts/providers.toml", value_name = "FILE")]
    providers: PathBuf,
    #[command(flatten)]
    topology: TopologyArgs,
}

impl ProvidersArgs {
    /// Reads the file.
    ///
    /// # Errors
    /// When it does not say how providers are brought up.
    pub(crate) fn load(&self) -> Result<Providers, String> {
        Providers::load(&self.providers).map_err(|error| error.to_string())
    }

    /// Brings the topology up in which the providers of these names run.
    ///
    /// # Errors
    /// When nothing plays one of them, the topology does not come up, or a signal arrives. Then nothing is left.
    pub(crate) async fn up(
        &self,
        providers: Providers,
        names: &[&str],
        interrupt: &mut Interrupt,
    ) -> Result<(Session, Stage), String> {
        let topology = self.topology.load(&providers.topology)?;
        for name in names {
            providers.role(name, &topology)?;
        }
        let session = Session::up(topology, &self.topology.options(), &Lines, interrupt).await;
        let session = session.map_err(|error| error.to_string())?;
        let stage = Stage::new(providers, names.iter().copied(), &session.topology, &session.running)?;
        Ok((session, stage))
    }
}
