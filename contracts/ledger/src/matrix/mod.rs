//! Who is verified against whom, and who depends on whom.

mod graph;
mod html;
mod text;

use std::collections::{BTreeMap, BTreeSet};

use serde::Serialize;

use crate::gate::{Gate, Row};

/// What is live, and what the ledger says of each pair of it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Matrix {
    /// By environment, in order.
    pub environments: BTreeMap<String, Live>,
    /// Who calls whom, as the newest publication of each consumer says, and as what is live says.
    pub edges: BTreeSet<Edge>,
}

/// What is live in one environment.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize)]
pub struct Live {
    /// The versions of each service.
    pub versions: BTreeMap<String, Vec<String>>,
    /// Each live consumer with each live version of whom it calls.
    pub rows: Vec<Row>,
    /// Live consumers whose provider is not there: consumer, version and provider.
    pub absent: BTreeSet<(String, String, String)>,
}

/// A consumer and a provider that it holds a pact with.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct Edge {
    /// Who calls.
    pub consumer: String,
    /// Who is called.
    pub provider: String,
}

impl Matrix {
    /// What the gate knows of these environments.
    pub fn of(gate: &Gate<'_>) -> Self {
        let environments: BTreeMap<String, Live> = gate
            .environments()
            .map(|name| (name.to_owned(), gate.live_in(name)))
            .collect();
        Self {
            environments,
            edges: gate.edges(),
        }
    }

    /// Every service that calls or is called or is live, in order.
    fn services(&self) -> BTreeSet<&str> {
        let called = self
            .edges
            .iter()
            .flat_map(|edge| [edge.consumer.as_str(), &edge.provider]);
        let live = self
            .environments
            .values()
            .flat_map(|live| live.versions.keys().map(String::as_str));
        called.chain(live).collect()
    }
}
