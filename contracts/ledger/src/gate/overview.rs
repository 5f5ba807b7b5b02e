//! Everything that is live, for the matrix.

use std::collections::BTreeSet;

use super::Gate;
use crate::matrix::{Edge, Live};

impl Gate<'_> {
    pub(crate) fn environments(&self) -> impl Iterator<Item = &str> {
        self.settings.environments.keys().map(String::as_str)
    }

    pub(crate) fn live_in(&self, environment: &str) -> Live {
        let world = self.world(environment);
        let mut live = Live::default();
        let mut rows = BTreeSet::new();
        for demand in self.demands(&world) {
            match world.get(demand.provider) {
                Some(versions) => rows.extend(versions.iter().map(|version| self.row(&demand, version))),
                None => {
                    let (consumer, version) = demand.consumer;
                    let absent = (consumer.to_owned(), version.to_owned(), demand.provider.to_owned());
                    live.absent.insert(absent);
                }
            }
        }
        live.rows = rows.into_iter().collect();
        for (service, versions) in &world {
            let versions = versions.iter().map(|version| (*version).to_owned()).collect();
            live.versions.insert((*service).to_owned(), versions);
        }
        live
    }

    /// Who calls whom: as the last publication of each consumer has it, and as the live versions have it.
    pub(crate) fn edges(&self) -> BTreeSet<Edge> {
        let live = self.environments().flat_map(|name| self.index.live.all(name));
        let held = live.chain(self.index.newest());
        held.flat_map(|(consumer, version)| {
            self.index
                .held(consumer, version)
                .map(move |(provider, _)| (consumer, provider))
        })
        .map(|(consumer, provider)| Edge {
            consumer: consumer.to_owned(),
            provider: provider.to_owned(),
        })
        .collect()
    }
}
