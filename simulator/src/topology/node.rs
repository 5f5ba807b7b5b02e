use std::{collections::BTreeMap, fmt, time::Duration};

use super::{Endpoint, Template};

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
    /// Nodes that must be ready before this one starts.
    pub needs: Vec<String>,
    /// Endpoints that this node calls, each at an address of its own: every port of every node in `needs` and
    /// `links`.
    pub links: Vec<Endpoint>,
    /// Names of the node's ports; at least one.
    pub ports: Vec<String>,
    /// Readiness check of the node.
    pub ready: Ready,
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

/// Readiness check of a node, with its time limit.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// Check that is repeated until it succeeds.
    pub probe: ReadyProbe,
    /// Time limit from the start of the node; 30 s unless the file says `within_ms`.
    pub within: Duration,
}

/// Condition under which a node counts as ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyProbe {
    /// A GET is answered with a status of 2xx.
    Http {
        /// Name of the port that is asked.
        port: String,
        /// Path of the request, with its query if it has one.
        path: String,
    },
    /// A port accepts connections.
    Tcp {
        /// Name of the port that is asked.
        port: String,
    },
}

impl ReadyProbe {
    /// Name of the port that is asked.
    pub fn port(&self) -> &str {
        match self {
            Self::Http { port, .. } | Self::Tcp { port } => port,
        }
    }
}

impl fmt::Display for ReadyProbe {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Http { path, .. } => write!(f, "GET {path}"),
            Self::Tcp { port } => write!(f, "a connection to port '{port}'"),
        }
    }
}
