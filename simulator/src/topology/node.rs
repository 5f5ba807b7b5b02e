use std::collections::BTreeMap;

use super::{Endpoint, Ready, Template};

/// Part of the system that is started, stopped and killed on its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Node {
    /// Name of the node: unique in the topology, and fit to name a folder.
    pub name: String,
    /// Program that the node runs.
    pub program: Program,
    /// Arguments, after those of the program.
    pub args: Vec<Template>,
    /// Environment variables, added to those that `seam` was started with.
    pub env: BTreeMap<String, Template>,
    /// Nodes that must be ready before this one starts; those that run once must have ended with status 0.
    pub needs: Vec<String>,
    /// Endpoints that this node calls, each at an address of its own: every port of every node in `needs` and
    /// `links`.
    pub links: Vec<Endpoint>,
    /// Names of the node's ports; empty for a worker, which nobody calls.
    pub ports: Vec<String>,
    /// Readiness check of the node.
    pub ready: Ready,
    /// True if the program runs to its end before whatever needs it starts, as a migration does.
    pub once: bool,
}

impl Node {
    /// Endpoints of the node, one for each port, in the order of `ports`.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.ports.iter().map(|port| Endpoint {
            node: self.name.clone(),
            port: port.clone(),
        })
    }
}

/// Program of a node.
#[derive(Debug, Clone)]
pub enum Program {
    /// Binary of the cargo workspace that holds the topology, built before anything starts.
    Cargo {
        /// Name of the package.
        package: String,
        /// Name of the binary.
        bin: String,
    },
    /// Any program: with a slash a path from the topology's folder, otherwise a name in `PATH`.
    Command {
        /// Name or path of the program.
        program: Template,
        /// First arguments of the program.
        args: Vec<Template>,
    },
}
