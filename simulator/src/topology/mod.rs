//! What stands where: the nodes of a system, how each is started, and what each needs.
//!
//! A topology file is TOML. A **node** is a cargo binary or any command. What a node needs is a **link**, and a link
//! has an address of its own that never changes, whatever happens to the node behind it.
//!
//! ```toml
//! name = "shop"
//!
//! [variables]                       # may be overridden with --set greeting=...
//! greeting = "hello from ${node}"
//!
//! [roles]                           # what a scenario calls a node, where that is not the node's own name
//! storefront = "web"
//!
//! [node.store]
//! command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "${port}"]
//! ready = { http = "/" }            # or { tcp = true }, which is the default
//!
//! [node.web]
//! cargo = { package = "web", bin = "web" }
//! args = ["--data", "${data}"]
//! env = { LISTEN = "127.0.0.1:${port}", STORE_URL = "http://${link.store}", GREETING = "${greeting}" }
//! needs = ["store"]                 # a link, and ready before this node starts
//! links = ["web"]                   # a link only; may go round in a circle
//! ```
//!
//! `${data}` is the node's own folder, `${node}` its name, `${port}` (or `${port.NAME}`, where `ports` names several)
//! where it listens, `${link.NODE}` (or `${link.NODE.PORT}`) the `host:port` under which it reaches another node, and `${NAME}` a
//! variable. `$${` stands for `${` itself. A node runs in the folder of its topology file.

mod endpoint;
mod error;
mod file;
mod node;
mod order;
mod resolve;
mod template;

use std::{
    collections::BTreeMap,
    path::{Path, PathBuf},
};

pub use endpoint::Endpoint;
pub use error::{Flaw, TopologyError};
pub use node::{Node, Program, Ready, ReadyProbe};
pub use template::{Place, Template};

use crate::search;

/// A topology file, read and checked: every name in it means something, and what nodes need has an order.
#[derive(Debug, Clone)]
pub struct Topology {
    name: String,
    file: PathBuf,
    roles: BTreeMap<String, Endpoint>,
    nodes: Vec<Node>,
}

impl Topology {
    /// Reads a topology by its name, looked for as [`search::find`] says, or by the path of its file. `overrides` replace
    /// values of `[variables]`.
    ///
    /// # Errors
    /// When there is no such file, or anything in it is unknown, missing, doubled or circular; the error names file, line,
    /// what was seen and what is known.
    pub fn load(name_or_path: &str, overrides: &[(String, String)]) -> Result<Self, TopologyError> {
        let file = search::find("topologies", name_or_path)?;
        let text = std::fs::read_to_string(&file).map_err(|source| TopologyError::Unreadable {
            file: file.clone(),
            source,
        })?;
        Self::parse(&text, &file, overrides)
    }

    /// As [`Topology::load`], from a text; `file` is only named in errors and gives nodes their working folder.
    ///
    /// # Errors
    /// As [`Topology::load`].
    pub fn parse(text: &str, file: &Path, overrides: &[(String, String)]) -> Result<Self, TopologyError> {
        resolve::resolve(text, file, overrides)
    }

    /// The name it gives itself.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// The file it was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// The folder of its file, in which its nodes run.
    pub fn folder(&self) -> &Path {
        match self.file.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        }
    }

    /// Its nodes, in the order of the file.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// The node of this name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.name == name)
    }

    /// Who plays a role: what `[roles]` says, or else the first port of the node of that name.
    pub fn role(&self, role: &str) -> Option<Endpoint> {
        self.roles.get(role).cloned().or_else(|| {
            let node = self.node(role)?;
            Some(Endpoint {
                node: node.name.clone(),
                port: node.ports.first()?.clone(),
            })
        })
    }

    /// Every name that [`Topology::role`] answers to, in order.
    pub fn roles(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .roles
            .keys()
            .map(String::as_str)
            .chain(self.nodes.iter().map(|node| node.name.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
