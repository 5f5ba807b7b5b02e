use std::{
    collections::BTreeMap,
    io,
    net::IpAddr,
    path::{Path, PathBuf},
    sync::{Arc, Mutex, OnceLock, PoisonError},
};

use futures::{FutureExt, future::BoxFuture};
use testcontainers::bollard::Docker;
use tokio::sync::watch;

use super::{
    container::{Container, Made},
    engine,
    image::Images,
    labels::{self, Labels},
    leftovers::{KEPT, remove_over, remove_run},
    network, refusals,
};
use crate::{
    backend::{
        Event, NodeError, Options, UpError,
        local::Processes,
        runner::{NodeExit, Program, Runner, Site, Started},
    },
    progress::Progress,
    topology::{self, Node, Topology},
};

/// Folder of a node's data in its container.
pub(super) const DATA: &str = "/data";

/// Port of a node's first name, where it may have any: a container has all of them to itself.
const FIRST_PORT: u16 = 8_080;

/// Runs each node as a container.
#[derive(Debug)]
pub(in crate::backend) struct Containers {
    docker: Docker,
    /// Runs what is no node, and knows what cargo built.
    beside: Processes,
    images: Images,
    place: OnceLock<Place>,
    /// Ids of the containers by the names of their nodes.
    made: Mutex<BTreeMap<String, String>>,
    /// True once the engine could not say what became of a container.
    lost: Arc<watch::Sender<bool>>,
    keep: bool,
}

/// Place of a run in the engine.
#[derive(Debug)]
struct Place {
    run: String,
    folder: PathBuf,
    network: String,
    labels: Labels,
}

impl Containers {
    /// Finds the engine, builds the cargo binaries of the topology, and makes or pulls the images.
    ///
    /// # Errors
    /// When there is no engine, a node can't run in a container, or there is no image for it.
    pub(in crate::backend) async fn prepare(
        topology: &Topology,
        options: &Options,
        progress: &dyn Progress<Event>,
    ) -> Result<Self, UpError> {
        refusals::check(topology)?;
        let docker = engine::connect().await?;
        let beside = Processes::prepare(topology, options, progress).await?;
        let executable = |node: &str| beside.executable(node).cloned();
        let images = Images::prepare(&docker, topology, executable, progress).await?;
        Ok(Self {
            docker,
            beside,
            images,
            place: OnceLock::new(),
            made: Mutex::default(),
            lost: Arc::new(watch::Sender::new(false)),
            keep: options.keep_containers,
        })
    }

    async fn make_place(&self, run: &str, folder: &Path) -> Result<IpAddr, UpError> {
        remove_over(&self.docker).await;
        let place = self.place.get_or_init(|| Place {
            run: run.to_owned(),
            folder: folder.to_owned(),
            network: format!("seam-{run}"),
            labels: labels::of_run(run, folder),
        });
        let watched = self.beside.launcher().watch_containers(run);
        watched.map_err(|source| UpError::Reaper {
            program: "seam reap".into(),
            source,
        })?;
        network::make(&self.docker, &place.network, place.labels.clone()).await
    }

    async fn clear(&self) {
        let Some(place) = self.place.get() else { return };
        let launcher = self.beside.launcher();
        // Without the mark they would go with whoever looks for leftovers next.
        if self.keep && std::fs::write(place.folder.join(KEPT), "").is_ok() {
            launcher.forget_containers(&place.run);
            return;
        }
        if engine::answers(&self.docker).await.is_ok() {
            remove_run(&self.docker, &place.run).await;
            self.images.remove_earlier(&self.docker).await;
        }
        // The reaper looks once more, and finds nothing.
    }

    async fn start_container(&self, node: &Node, site: &Site) -> Result<Started, NodeError> {
        if let topology::Program::Outside { .. } = node.program {
            return self.beside.start(node, site).await;
        }
        let cannot_start = |reason: String| NodeError::Start {
            node: node.name.clone(),
            source: io::Error::other(site.secrets.hide(&reason)),
        };
        let (Some(place), Some(image)) = (self.place.get(), self.images.of(&node.name)) else {
            return Err(cannot_start("it has no image, or its run no network".to_owned()));
        };
        let ports = ports_for(node);
        let container = Container {
            docker: &self.docker,
            node,
            site,
            image,
            ports: &ports,
            name: format!("{}-{}", place.network, node.name),
            network: &place.network,
            labels: &place.labels,
        };
        let known = self.made().get(&node.name).cloned();
        let made = match known {
            Some(id) if container.is_there(&id).await => id,
            _ => container.make().await.map_err(cannot_start)?,
        };
        self.made().insert(node.name.clone(), made.clone());
        let made = Made {
            id: made,
            lost: Arc::clone(&self.lost),
        };
        container.start(made).await.map_err(cannot_start)
    }

    fn made(&self) -> std::sync::MutexGuard<'_, BTreeMap<String, String>> {
        self.made.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Runner for Containers {
    fn open<'a>(&'a self, run: &'a str, folder: &'a Path) -> BoxFuture<'a, Result<IpAddr, UpError>> {
        self.make_place(run, folder).boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        self.clear().boxed()
    }

    fn trouble(&self) -> BoxFuture<'_, Option<String>> {
        async {
            let reason = match engine::answers(&self.docker).await {
                Err(reason) => reason,
                Ok(()) if *self.lost.borrow() => "it lost sight of a container".to_owned(),
                Ok(()) => return None,
            };
            Some(format!(
                "the Docker engine was lost on the way ({reason}), so nothing is known of the nodes; start it again, \
                 and repeat the run: that removes what this one has left"
            ))
        }
        .boxed()
    }

    fn lost(&self) -> BoxFuture<'_, String> {
        async {
            let mut lost = self.lost.subscribe();
            // The sender is here, so that it can't be gone.
            let _ = lost.wait_for(|lost| *lost).await;
            self.trouble().await.unwrap_or_default()
        }
        .boxed()
    }

    fn kept(&self) -> Option<String> {
        let Place { run, network, .. } = self.place.get().filter(|_| self.keep)?;
        Some(format!(
            "containers, volumes and network are kept, stopped: look with `docker ps -a --filter label={}={run}`, and \
             at data with `docker cp {network}-NODE:{DATA} .`; `seam clean` removes them with the folder",
            labels::RUN
        ))
    }

    fn start<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Started, NodeError>> {
        self.start_container(node, site).boxed()
    }

    fn fail_points<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Vec<String>, NodeError>> {
        // A static program says it here as well as in a container.
        self.beside.fail_points(node, site)
    }

    fn run<'a>(&'a self, program: Program<'a>) -> BoxFuture<'a, NodeExit> {
        self.beside.run(program)
    }
}

/// A port for each of the node's names: the fixed one, or one that no other name has.
fn ports_for(node: &Node) -> BTreeMap<String, u16> {
    let fixed: Vec<u16> = node.fixed_ports.values().copied().collect();
    let mut free = (FIRST_PORT..).filter(|port| !fixed.contains(port));
    let port = |name: &String| {
        let own = node.fixed_ports.get(name).copied();
        Some((name.clone(), own.or_else(|| free.next())?))
    };
    node.ports.iter().filter_map(port).collect()
}
