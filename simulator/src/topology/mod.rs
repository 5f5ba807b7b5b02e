//! Topologies: the nodes of a system, the program of each, and its links to others.
//!
//! A topology file is TOML. A **node** is a cargo binary or any command. A **link** leads from one node to a port
//! of another, and has an address that never changes, whatever happens to the node behind it.
//!
//! ```toml
//! name = "shop"
//!
//! [variables]                       # may be overridden with --set greeting=...
//! greeting = "hello from ${node}"
//!
//! [roles]                           # names that scenarios use for nodes, beside the nodes' own
//! storefront = "web"
//!
//! [node.store]
//! command = ["python3", "-m", "http.server", "--bind", "127.0.0.1", "${port}"]
//! ready = { http = "/" }            # or { tcp = true }, the default, or by `log` or `command`
//!
//! [node.web]
//! cargo = { package = "web", bin = "web" }
//! args = ["--data", "${data}"]
//! env = { LISTEN = "127.0.0.1:${port}", STORE_URL = "http://${link.store}", GREETING = "${greeting}" }
//! needs = ["store"]                 # a link, and ready before this node starts
//! links = ["web"]                   # a link only; may go round in a circle
//! ```
//!
//! Texts may hold these placeholders; `$${` stands for `${` itself:
//!
//! | placeholder | value |
//! |---|---|
//! | `${data}` | the node's own folder |
//! | `${host}` | the address to listen on, which others reach on this backend |
//! | `${node}`, `${instance}` | the node's name, and the number of its instance |
//! | `${port}`, `${port.NAME}` | a port to listen on; with the name where `ports` lists several |
//! | `${link.NODE}`, `${link.NODE.PORT}` | the `host:port` under which this node reaches another one |
//! | `${env.NAME}`, `${env.NAME:-default}` | an environment variable of `seam` |
//! | `${NAME}` | a variable |
//!
//! With its variables filled in, a text has at most 128 KiB. Names of the topology, of nodes and of ports have at most
//! 63 lower-case letters, digits and dashes, and begin with a letter. A node runs in the folder of its topology file,
//! unless it has a `folder`.
//!
//! A worker that nobody calls has `ports = []`. A node with `once = true`, such as a migration, has ended with
//! status 0 before whatever needs it starts. `simulator/REFERENCE.md` lists every key.

mod assemble;
mod backend;
mod conduct;
mod endpoint;
mod env_file;
mod error;
mod file;
mod fill;
mod link;
mod link_name;
mod names;
mod node;
mod order;
mod readiness;
mod ready;
mod resolve;
mod schema;
mod secrets;
mod sources;
mod subset;
mod template;

use std::{
    collections::{BTreeMap, BTreeSet},
    path::{Path, PathBuf},
};

pub use backend::Backend;
pub use conduct::{Restart, Stop, StopSignal};
pub use endpoint::Endpoint;
pub use error::{Flaw, TopologyError};
pub use link::{Link, OUTSIDE};
pub use link_name::{LinkName, NoLink};
pub use node::{Image, Node, Program};
pub use ready::{LogPattern, Ready, ReadyProbe};
pub use secrets::{HIDDEN, Secrets};
pub use template::{PlaceholderValues, Template};

use crate::{schema as of_files, search};

/// JSON Schema of a topology's file.
pub(crate) fn schema() -> serde_json::Value {
    of_files::of::<file::TopologyFile>()
}

/// A checked topology: every name in it refers to something, and the needs of its nodes have no cycle.
#[derive(Debug, Clone)]
pub struct Topology {
    name: String,
    file: PathBuf,
    backend: Backend,
    roles: BTreeMap<String, Endpoint>,
    nodes: Vec<Node>,
    /// Names of nodes, by the names of profiles.
    profiles: BTreeMap<String, Vec<String>>,
    secrets: Secrets,
}

impl Topology {
    /// Reads a topology by name, as [`search::find`] looks for it, or by the path of its file. `overrides`
    /// replace values of `[variables]`.
    ///
    /// # Errors
    /// When there is no such file, or anything in it is unknown, missing, doubled or circular. The error names
    /// the file, the line, the value seen and the values known.
    pub fn load(name_or_path: &str, overrides: &[(String, String)]) -> Result<Self, TopologyError> {
        Self::load_for(Backend::Local, name_or_path, overrides)
    }

    /// Reads a topology as [`Topology::load`] does, as it is on this backend.
    ///
    /// # Errors
    /// Those of [`Topology::load`].
    pub fn load_for(
        backend: Backend,
        name_or_path: &str,
        overrides: &[(String, String)],
    ) -> Result<Self, TopologyError> {
        let file = search::find("topologies", name_or_path)?;
        let text = std::fs::read_to_string(&file).map_err(|source| TopologyError::Unreadable {
            file: file.clone(),
            source,
        })?;
        let checked = resolve::resolve(&text, &file, backend, overrides);
        checked.map_err(|mut errors| errors.swap_remove(0))
    }

    /// Reads a topology from a text. `file` is named in errors, and its folder is the working folder of the nodes.
    ///
    /// # Errors
    /// Those of [`Topology::load`], but for a missing file.
    pub fn parse(text: &str, file: &Path, overrides: &[(String, String)]) -> Result<Self, TopologyError> {
        Self::check(text, file, overrides).map_err(|mut errors| errors.swap_remove(0))
    }

    /// Reads a topology from a text, as [`Topology::parse`] does, and as it is on the other backend too.
    ///
    /// # Errors
    /// Every flaw that was found, in the order of the lines, those of the other backend alone last; at least one.
    pub fn check(text: &str, file: &Path, overrides: &[(String, String)]) -> Result<Self, Vec<TopologyError>> {
        let local = resolve::resolve(text, file, Backend::Local, overrides);
        let Err(others) = resolve::resolve(text, file, Backend::Containers, overrides) else {
            return local;
        };
        let mut errors = local.err().unwrap_or_default();
        let known: BTreeSet<String> = errors.iter().map(ToString::to_string).collect();
        errors.extend(others.into_iter().filter(|error| !known.contains(&error.to_string())));
        Err(errors)
    }

    /// Backend that the topology was read for, and is brought up on.
    pub fn backend(&self) -> Backend {
        self.backend
    }

    /// Values that are never shown.
    pub fn secrets(&self) -> &Secrets {
        &self.secrets
    }

    /// Name of the topology, from its file.
    pub fn name(&self) -> &str {
        &self.name
    }

    /// File that the topology was read from.
    pub fn file(&self) -> &Path {
        &self.file
    }

    /// Folder of the topology's file.
    pub fn folder(&self) -> PathBuf {
        sources::folder_of(&self.file)
    }

    /// Nodes of the topology, in the order of the file, each instance for itself.
    pub fn nodes(&self) -> &[Node] {
        &self.nodes
    }

    /// Looks up a node by its name, or the first instance of what has that name.
    pub fn node(&self, name: &str) -> Option<&Node> {
        self.nodes.iter().find(|node| node.is_called(name))
    }

    /// Every endpoint: each port of each node. Instances share theirs.
    pub fn endpoints(&self) -> BTreeSet<Endpoint> {
        self.nodes.iter().flat_map(Node::endpoints).collect()
    }

    /// Every link: each endpoint that each node calls.
    pub fn links(&self) -> impl Iterator<Item = Link> {
        let of_node = |node: &'_ Node| {
            let caller = node.name.clone();
            let link = move |endpoint: Endpoint| Link {
                caller: caller.clone(),
                endpoint,
            };
            node.links.clone().into_iter().map(link)
        };
        self.nodes.iter().flat_map(of_node)
    }

    /// Endpoint that plays a role: the one that `[roles]` gives it, or else the first port of the node of that name.
    pub fn role(&self, role: &str) -> Option<Endpoint> {
        let own = || self.node(role)?.endpoints().next();
        self.roles.get(role).cloned().or_else(own)
    }

    /// The node of a name, or the one that plays a role.
    pub(crate) fn node_for(&self, role: &str) -> Option<&Node> {
        let played = || self.node(&self.role(role)?.node);
        self.node(role).or_else(played)
    }

    /// Every name that [`Topology::role`] resolves, sorted.
    pub fn roles(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self
            .roles
            .keys()
            .map(String::as_str)
            .chain(self.nodes.iter().map(|node| node.service.as_str()))
            .collect();
        names.sort_unstable();
        names.dedup();
        names
    }
}
