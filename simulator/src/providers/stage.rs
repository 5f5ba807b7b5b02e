use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
    sync::atomic::AtomicU64,
    time::Duration,
};

use clap::Args;
use verifier::Provider;

use super::{Providers, StepProvider};
use crate::{
    backend::{Folder, Lines, LocalWorld, Options, Profile, Running, up},
    interrupt::Interrupt,
    steps::Asker,
    topology::Topology,
};

/// How long a provider may take for one answer to a step of a state.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// How providers are brought up.
#[derive(Clone, Debug, Args)]
pub(crate) struct StageArgs {
    /// How providers are brought up and into states
    #[arg(long, default_value = "pacts/providers.toml", value_name = "FILE")]
    pub(crate) providers: PathBuf,
    /// Replace a variable of the topology
    #[arg(long, value_name = "NAME=VALUE", value_parser = crate::cli::name_and_value)]
    pub(crate) set: Vec<(String, String)>,
    /// Build and run the providers in release mode
    #[arg(long)]
    pub(crate) release: bool,
}

/// Providers that are up.
pub(crate) struct Stage<'a> {
    providers: &'a Providers,
    topology: Topology,
    running: Running,
    /// Who plays each provider.
    roles: BTreeMap<&'a str, &'a str>,
}

impl<'a> Stage<'a> {
    /// Brings the topology up in which these providers run.
    ///
    /// # Errors
    /// When one of them is in no topology, the topology does not come up, or it is interrupted; then nothing is left running.
    pub(crate) async fn up<'n>(
        args: &StageArgs,
        providers: &'a Providers,
        names: impl IntoIterator<Item = &'n str>,
        interrupt: &mut Interrupt,
    ) -> Result<Self, String> {
        let topology = Topology::load(&providers.topology, &args.set).map_err(|error| error.to_string())?;
        let roles = roles(providers, names, &topology, &args.providers)?;
        let options = Options {
            profile: if args.release { Profile::Release } else { Profile::Debug },
            ..Options::default()
        };
        let running = tokio::select! {
            running = up(&topology, &options, &Lines) => running.map_err(|error| error.to_string())?,
            () = interrupt.received() => return Err("interrupted; nothing is left running".to_owned()),
        };
        Ok(Self {
            providers,
            topology,
            running,
            roles,
        })
    }

    /// Who sends what brings states about.
    ///
    /// # Errors
    /// When there is no HTTP client.
    pub(crate) fn world(&self) -> Result<LocalWorld<'_>, String> {
        LocalWorld::new(&self.topology, &self.running).map_err(|error| format!("no HTTP client: {error}"))
    }

    pub(crate) fn asker<'w>(&'w self, world: &'w LocalWorld<'w>) -> Asker<'w> {
        Asker::new(world, &self.providers.repeat, ANSWER_WITHIN)
    }

    /// One of the providers; `None` if it is none of those that were wanted.
    ///
    /// # Errors
    /// When it has no address.
    pub(crate) fn provider<'w>(
        &'w self,
        name: &str,
        world: &'w LocalWorld<'w>,
        asker: &'w Asker<'w>,
    ) -> Result<Option<impl Provider + 'w>, String> {
        let Some((&name, &role)) = self.roles.get_key_value(name) else {
            return Ok(None);
        };
        let address = self
            .topology
            .role(role)
            .and_then(|endpoint| self.running.address_of(&endpoint));
        let address = address.ok_or_else(|| format!("{role} has no address"))?;
        let url = format!("http://{address}");
        Ok(Some(StepProvider {
            name,
            role,
            url,
            providers: self.providers,
            world,
            asker,
            fresh: AtomicU64::new(0),
        }))
    }

    /// Takes it all down.
    pub(crate) async fn down(self, folder: Folder) {
        let place = self.running.folder().to_owned();
        let kept = matches!(folder, Folder::Keep);
        self.running.down(folder).await;
        if kept {
            eprintln!("data and logs of the providers are kept in {}", place.display());
        }
    }
}

fn roles<'a, 'n>(
    providers: &'a Providers,
    names: impl IntoIterator<Item = &'n str>,
    topology: &Topology,
    file: &Path,
) -> Result<BTreeMap<&'a str, &'a str>, String> {
    let mut roles = BTreeMap::new();
    for name in names {
        let entry = providers.provider.get_key_value(name);
        let (name, role) = entry.ok_or_else(|| {
            let known: Vec<&str> = providers.provider.keys().map(String::as_str).collect();
            let (file, known) = (file.display(), known.join(", "));
            format!("{file} does not say who plays '{name}'; it knows {known}; add it to [provider]")
        })?;
        if topology.role(role).is_none() {
            let (file, known) = (file.display(), topology.roles().join(", "));
            return Err(format!(
                "{file}: nobody plays '{role}' in {}; it has {known}",
                topology.name()
            ));
        }
        roles.insert(name.as_str(), role.as_str());
    }
    Ok(roles)
}
