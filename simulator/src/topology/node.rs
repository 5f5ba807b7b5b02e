use std::{collections::BTreeMap, time::Duration};

use super::{Endpoint, Template};

/// One process of the system.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Node {
    /// Its name, unique in the topology, fit for a folder.
    pub name: String,
    /// What is run.
    pub program: Program,
    /// Arguments, after those of the program.
    pub args: Vec<Template>,
    /// Environment variables, on top of those `seam` was started with.
    pub env: BTreeMap<String, Template>,
    /// Nodes that must be ready before this one starts.
    pub needs: Vec<String>,
    /// Every port of another node that this one has an address for: those of `needs` and `links`.
    pub links: Vec<Endpoint>,
    /// The names of its ports; at least one.
    pub ports: Vec<String>,
    /// How it is known to be ready.
    pub ready: Ready,
}

/// What a node runs.
#[derive(Debug, Clone)]
pub enum Program {
    /// A binary of the cargo workspace in which the topology stands, built before anything starts.
    Cargo {
        /// The package.
        package: String,
        /// Its binary.
        bin: String,
    },
    /// Any program, looked for in `PATH`, or in the topology's folder if it has a slash.
    Command {
        /// The program.
        program: Template,
        /// Its first arguments.
        args: Vec<Template>,
    },
}

/// How a node is known to be ready, and how long that may take.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Ready {
    /// What is asked.
    pub probe: ReadyProbe,
    /// Of which port.
    pub port: String,
    /// From the start of the process; 30 s unless the file says `within_ms`.
    pub within: Duration,
}

/// What a node is asked to see whether it is ready.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ReadyProbe {
    /// A GET of this path answers 2xx.
    Http(String),
    /// The port accepts connections.
    Tcp,
}
