use std::{collections::BTreeMap, path::PathBuf, sync::Arc};

use faults::Operations;

use super::{Endpoint, PlaceholderValues, Ready, Restart, Stop, Template};

/// Part of the system that is started, stopped and killed on its own.
#[derive(Debug, Clone)]
#[non_exhaustive]
pub struct Node {
    /// Name of the node: unique in the topology, and fit to name a folder. One of several instances has a number
    /// after the name of its table, as in `web-2`.
    pub name: String,
    /// Name of the node's table, which its callers use; the same for all its instances.
    pub service: String,
    /// Program that the node runs.
    pub program: Program,
    /// Image that runs in place of the program where the nodes are containers.
    pub image: Option<Image>,
    /// Arguments, after those of the program, or of the image.
    pub args: Vec<Template>,
    /// Environment variables, added to those that `seam` was started with.
    pub env: BTreeMap<String, Template>,
    /// Folder of the node's file.
    pub home: PathBuf,
    /// Working folder, from the folder of the node's file; that folder itself if there is none.
    pub folder: Option<Template>,
    /// Nodes that must be ready before this one starts; those that run once must have ended with status 0.
    pub needs: Vec<String>,
    /// Endpoints that this node calls, each at an address of its own: every port of every node in `needs` and
    /// `links`.
    pub links: Vec<Endpoint>,
    /// Names of the node's ports; empty for a worker, which nobody calls.
    pub ports: Vec<String>,
    /// Numbers of the ports on which the program itself listens, where they can't be chosen.
    pub fixed_ports: BTreeMap<String, u16>,
    /// Numbers of the ports at which the node is found from outside, where they can't be chosen.
    pub public_ports: BTreeMap<String, u16>,
    /// Readiness check of the node.
    pub ready: Ready,
    /// True if the program runs to its end before whatever needs it starts, as a migration does.
    pub once: bool,
    /// Restarts after a failure; none if absent.
    pub restart: Option<Restart>,
    /// End of the node when the topology goes down.
    pub stop: Stop,
    /// Operations of its OpenAPI document, for the faults on links to it.
    pub operations: Option<Arc<Operations>>,
    /// Name of a folder for its data that outlives the run. Without one the data goes with the run.
    pub data: Option<String>,
}

impl Node {
    /// Working folder of the node.
    pub fn working_folder(&self, values: &PlaceholderValues<'_>) -> PathBuf {
        match &self.folder {
            Some(folder) => self.home.join(folder.render(values)),
            None => self.home.clone(),
        }
    }

    /// True if the node is called so, or is an instance of what is called so.
    pub fn is_called(&self, name: &str) -> bool {
        self.name == name || self.service == name
    }

    /// Endpoints of the node, one for each port, in the order of `ports`. Instances share theirs.
    pub fn endpoints(&self) -> impl Iterator<Item = Endpoint> {
        self.ports.iter().map(|port| Endpoint {
            node: self.service.clone(),
            port: port.clone(),
        })
    }
}

/// Image of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Image {
    /// Name with a tag or without, as the engine knows it.
    pub name: String,
    /// Files of this machine, by their absolute paths in the container.
    pub files: BTreeMap<String, PathBuf>,
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
        /// Feature with which it has fail points.
        fail_points: Option<String>,
    },
    /// Any program: with a slash a path from the node's working folder, otherwise a name in `PATH`.
    Command {
        /// Name or path of the program.
        program: Template,
        /// First arguments of the program.
        args: Vec<Template>,
    },
    /// Nothing but the node's image.
    Image,
    /// Something that runs elsewhere and is only linked to.
    Outside {
        /// Name or address of its machine.
        host: String,
        /// Port on which it listens.
        port: u16,
    },
}
