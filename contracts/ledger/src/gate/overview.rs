//! Everything that is live, for the matrix.

use std::collections::BTreeSet;

use super::{Gate, index::Version};
use crate::matrix::{Edge, Environment};

impl Gate<'_> {
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> {
        self.settings.environments.keys().map(String::as_str)
    }

    pub(crate) fn environment(&self, name: &str) -> Environment {
        let world = self.world(name);
        let mut environment = Environment::default();
        let mut pairs = BTreeSet::new();
        for demand in self.demands(&world) {
            let provider = demand.promise.provider;
            match world.get(provider) {
                Some(versions) => pairs.extend(versions.iter().map(|version| self.pair(&demand, version))),
                None => {
                    let Version { service, version } = demand.consumer;
                    let absent = (service.to_owned(), version.to_owned(), provider.to_owned());
                    environment.absent.insert(absent);
                }
            }
        }
        environment.pairs = pairs.into_iter().collect();
        for (service, versions) in &world {
            let versions = versions.iter().map(|version| (*version).to_owned()).collect();
            environment.versions.insert((*service).to_owned(), versions);
        }
        environment
    }

    /// Edges from each consumer to each provider that it calls, by its latest publication or by one of its live
    /// versions.
    pub(crate) fn edges(&self) -> BTreeSet<Edge> {
        let live = self.environments().flat_map(|name| self.index.live.all(name));
        let live = live.map(|(service, version)| Version::new(service, version));
        let consumers = live.chain(self.index.newest());
        let calls = consumers.flat_map(|consumer| {
            let held = self.index.held(consumer);
            held.map(move |promise| (consumer.service, promise.provider))
        });
        calls
            .map(|(consumer, provider)| Edge {
                consumer: consumer.to_owned(),
                provider: provider.to_owned(),
            })
            .collect()
    }
}
