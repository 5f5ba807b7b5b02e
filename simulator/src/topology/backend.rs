//! Backends, and what a topology's file says of one of them alone.

use std::{collections::BTreeMap, fmt};

use clap::ValueEnum;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use toml::Spanned;

use super::{
    Flaw,
    file::{NodeTable, TopologyFile},
    resolve::Located,
};

/// Way to run the nodes of a topology.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Deserialize, Serialize, JsonSchema, ValueEnum,
)]
#[serde(rename_all = "lowercase")]
#[schemars(inline)]
pub enum Backend {
    /// Each node is a process of this machine.
    #[default]
    Local,
    /// Each node is a container of a Docker engine on this machine.
    Containers,
}

impl fmt::Display for Backend {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Local => "local",
            Self::Containers => "containers",
        })
    }
}

/// Leaves in a file what is there on a backend: its values of variables, and its nodes. What other nodes need or link
/// to, roles and profiles lose the nodes that are not there.
///
/// # Errors
/// Each value that a backend gives to a variable that the file does not have.
pub(super) fn choose(written: &mut TopologyFile, chosen: Backend) -> Vec<Located> {
    let known: Vec<String> = written.variables.keys().cloned().collect();
    let mut flaws = Vec::new();
    for (backend, table) in std::mem::take(&mut written.backend) {
        for (name, value) in table.variables {
            match written.variables.get_mut(&name) {
                Some(variable) if backend == chosen => *variable = value,
                Some(_) => {}
                None => flaws.push((
                    value.span().start,
                    Flaw::UnknownBackendVariable {
                        backend,
                        name,
                        known: known.clone(),
                    },
                )),
            }
        }
    }
    let elsewhere = |table: &Spanned<NodeTable>| table.get_ref().backend.is_some_and(|backend| backend != chosen);
    let (gone, kept): (BTreeMap<_, _>, BTreeMap<_, _>) = std::mem::take(&mut written.node)
        .into_iter()
        .partition(|(_, table)| elsewhere(table));
    written.node = kept;
    let stays = |name: &Spanned<String>| !gone.contains_key(name.get_ref());
    for table in written.node.values_mut() {
        table.get_mut().needs.retain(stays);
        table.get_mut().links.retain(stays);
    }
    for table in written.profile.values_mut() {
        table.get_mut().nodes.retain(stays);
    }
    written.roles.retain(|_, target| {
        let node = target.get_ref().split('.').next().unwrap_or_default();
        !gone.contains_key(node)
    });
    flaws
}
