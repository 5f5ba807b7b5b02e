//! Matrix of all live versions: the pairs that they make, and the services that depend on each other.

mod graph;
mod html;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::gate::{Gate, Pair};

/// Live versions of every environment, and the calls between services.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// Environments by name, in order.
    pub environments: BTreeMap<String, Environment>,
    /// Calls between services, by the newest publication of each consumer and by its live versions.
    pub edges: BTreeSet<Edge>,
}

/// Live versions of one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Environment {
    /// Live versions of each service.
    pub versions: BTreeMap<String, Vec<String>>,
    /// Pairs of each live consumer with each live version of the providers that it calls.
    #[serde(rename = "rows")]
    pub pairs: Vec<Pair>,
    /// Live consumers whose provider is not live: consumer, its version, and the provider.
    pub absent: BTreeSet<(String, String, String)>,
}

/// Consumer, and a provider with which it holds a pact.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// Name of the service that calls.
    pub consumer: String,
    /// Name of the service that is called.
    pub provider: String,
}

impl Matrix {
    /// Builds the matrix of all environments that are declared to the gate.
    pub fn of(gate: &Gate<'_>) -> Self {
        let names = gate.environments();
        Self {
            environments: names.map(|name| (name.to_owned(), gate.environment(name))).collect(),
            edges: gate.edges(),
        }
    }

    /// Every service that calls, is called or is live, in order.
    fn services(&self) -> BTreeSet<&str> {
        let called = self
            .edges
            .iter()
            .flat_map(|edge| [edge.consumer.as_str(), &edge.provider]);
        let live = self
            .environments
            .values()
            .flat_map(|environment| environment.versions.keys().map(String::as_str));
        called.chain(live).collect()
    }
}
