use std::{collections::BTreeMap, time::Duration};

use verifier::Provider;

use super::{Providers, StepProvider};
use crate::{
    backend::{Running, Sockets},
    steps::{Client, World},
    topology::Topology,
};

/// The time that a provider has for one answer to a step of a state.
const ANSWER_WITHIN: Duration = Duration::from_secs(5);

/// Providers in a topology that is up.
pub(crate) struct Stage {
    providers: Providers,
    sockets: Sockets,
    /// The role that plays each provider, and its base URL.
    roles: BTreeMap<String, (String, String)>,
}

impl Stage {
    /// The providers of these names, which `running` has brought up.
    ///
    /// # Errors
    /// When one of them has no role or no address.
    pub(crate) fn new<'n>(
        providers: Providers,
        names: impl IntoIterator<Item = &'n str>,
        topology: &Topology,
        running: &Running,
    ) -> Result<Self, String> {
        let mut roles = BTreeMap::new();
        for name in names {
            let role = providers.role(name, topology)?;
            let endpoint = topology.role(role);
            let address = endpoint.and_then(|endpoint| running.address_of(&endpoint));
            let address = address.ok_or_else(|| format!("{role} has no address"))?;
            roles.insert(name.to_owned(), (role.to_owned(), format!("http://{address}")));
        }
        Ok(Self {
            sockets: Sockets::new(topology, running)?,
            providers,
            roles,
        })
    }

    /// The provider that pacts call `name`; `None` if the stage was not made for it.
    pub(crate) fn provider(&self, name: &str) -> Option<impl Provider + '_> {
        let (name, (role, url)) = self.roles.get_key_value(name)?;
        Some(StepProvider::new(self, name, role, url.clone()))
    }

    /// The file that says how the providers are brought into states.
    pub(super) fn providers(&self) -> &Providers {
        &self.providers
    }

    /// The providers and their clock.
    pub(super) fn world(&self) -> &dyn World {
        &self.sockets
    }

    /// A client that sends the steps of states.
    pub(super) fn client(&self) -> Client<'_> {
        Client::new(&self.sockets, &self.providers.repeat, ANSWER_WITHIN)
    }
}
