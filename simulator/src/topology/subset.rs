//! Topologies with some of the nodes of another.

use std::collections::BTreeSet;

use super::{Topology, TopologyError};

impl Topology {
    /// The nodes of these profiles, and all that they need.
    ///
    /// # Errors
    /// When there is no such profile; the error names those that there are.
    pub fn with_profiles(self, profiles: &[String]) -> Result<Self, TopologyError> {
        let mut nodes = Vec::new();
        for name in profiles {
            let named = self.profiles.get(name).ok_or_else(|| TopologyError::UnknownProfile {
                file: self.file.clone(),
                name: name.clone(),
                known: self.profiles.keys().cloned().collect(),
            })?;
            nodes.extend(named.iter().cloned());
        }
        self.only(&nodes)
    }

    /// These nodes, and all that they need. Those that link to a node that is left out find nothing at its address, and
    /// a role that it plays has nobody.
    ///
    /// # Errors
    /// When there is no such node; the error names those that there are.
    pub fn only(mut self, nodes: &[String]) -> Result<Self, TopologyError> {
        let mut kept: BTreeSet<String> = BTreeSet::new();
        let mut wanted: Vec<String> = nodes.to_vec();
        while let Some(name) = wanted.pop() {
            let mut instances = self.nodes.iter().filter(|node| node.service == name).peekable();
            if instances.peek().is_none() {
                let known: BTreeSet<&String> = self.nodes.iter().map(|node| &node.service).collect();
                return Err(TopologyError::NotInSubset {
                    file: self.file.clone(),
                    name,
                    known: known.into_iter().cloned().collect(),
                });
            }
            if kept.insert(name.clone()) {
                wanted.extend(instances.flat_map(|node| node.needs.iter().cloned()));
            }
        }
        self.nodes.retain(|node| kept.contains(&node.service));
        self.roles.retain(|_, endpoint| kept.contains(&endpoint.node));
        Ok(self)
    }
}
