use std::{
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::{join_all, try_join_all};
use tokio::sync::{Mutex, watch};
use tokio_util::sync::CancellationToken;

use super::{
    NodeError, UpError,
    build::{Executables, build},
    group::Launcher,
    links::Links,
    member::{Home, Life, Member},
    run_folder::RunFolder,
};
use crate::{
    backend::{Event, NodeState, NodeStatus, Options},
    progress::Progress,
    topology::{Endpoint, Node, Program, Topology},
};

/// A topology that is up. Dropped, everything of it is killed and its folder is kept; [`Running::down`] is the kinder way.
#[derive(Debug)]
pub struct Running {
    members: Vec<Arc<Member>>,
    links: Links,
    folder: RunFolder,
    grace: Duration,
    ready_in: Duration,
    closing: CancellationToken,
    // Last, so that it outlives every node.
    _launcher: Launcher,
}

/// What becomes of the folder of a run.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// It stays, with data and logs.
    Keep,
    /// It goes.
    Remove,
}

/// Brings a topology up: builds its cargo binaries, opens every address, and starts each node as soon as what it needs is
/// ready. Returns when every node is ready. Cancelled (dropped) on the way, nothing is left running.
///
/// # Errors
/// The first thing that went wrong. Nothing runs any more then; the folder of the run is kept if a node was started.
pub async fn up(topology: &Topology, options: &Options, progress: &dyn Progress<Event>) -> Result<Running, UpError> {
    let seam = options.seam.clone().unwrap_or_else(running_program);
    let launcher = Launcher::start(&seam).map_err(|source| UpError::Reaper { program: seam, source })?;
    let executables = build(topology, options.profile, &launcher, progress).await?;
    let mut running = Running::prepare(topology, options, &executables, launcher).await?;
    let began = Instant::now();
    if let Err(error) = running.start_all(progress).await {
        running.end(Duration::ZERO).await;
        return Err(error.into());
    }
    running.ready_in = began.elapsed();
    progress.report(&Event::Up { took: running.ready_in });
    Ok(running)
}

impl Running {
    async fn prepare(
        topology: &Topology,
        options: &Options,
        executables: &Executables,
        launcher: Launcher,
    ) -> Result<Self, UpError> {
        let links = Links::open(topology).await?;
        let folder = RunFolder::create(topology, options)?;
        let closing = CancellationToken::new();
        let member = |node: &Node| {
            Arc::new(Member {
                node: node.clone(),
                home: home(topology, node, &folder, executables),
                upstreams: links.upstreams(&node.name),
                links: links.addresses_for(&node.name),
                launcher: launcher.clone(),
                closing: closing.clone(),
                life: watch::Sender::new(Life::waiting()),
                turn: Mutex::new(()),
            })
        };
        let members = topology.nodes().iter().map(member).collect();
        Ok(Self {
            members,
            links,
            folder,
            grace: options.grace,
            ready_in: Duration::ZERO,
            closing,
            _launcher: launcher,
        })
    }

    async fn start_all(&self, progress: &dyn Progress<Event>) -> Result<(), NodeError> {
        let start = async |member: &Arc<Member>| {
            for needed in &member.node.needs {
                self.becoming_ready(needed).await;
            }
            let node = || member.node.name.clone();
            let took = member
                .start(|pid| progress.report(&Event::Started { node: node(), pid }))
                .await?;
            progress.report(&Event::Ready { node: node(), took });
            Ok(())
        };
        try_join_all(self.members.iter().map(start)).await.map(|_| ())
    }

    /// Waits as long as it takes: should the node not make it, its own start says so and ends them all.
    async fn becoming_ready(&self, node: &str) {
        if let Ok(member) = self.member(node) {
            let mut life = member.life.subscribe();
            let _ = life.wait_for(|life| life.state == NodeState::Ready).await;
        }
    }

    /// Every node as it is now, in the order of the topology.
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let status = |member: &Arc<Member>| {
            let life = member.life.borrow().clone();
            let name = member.node.name.clone();
            let (requests, connections) = self.links.traffic_to(&name);
            let door = |port: &String| {
                let endpoint = Endpoint {
                    node: name.clone(),
                    port: port.clone(),
                };
                Some((port.clone(), self.links.front_door(&endpoint)?))
            };
            let addresses = member.node.ports.iter().filter_map(door).collect();
            NodeStatus {
                addresses,
                state: life.state,
                pid: life.pid,
                requests,
                connections,
                name,
            }
        };
        self.members.iter().map(status).collect()
    }

    /// The stable address of a node's first port, from outside.
    pub fn address(&self, node: &str) -> Option<SocketAddr> {
        let port = self.member(node).ok()?.node.ports.first()?.clone();
        self.address_of(&Endpoint {
            node: node.to_owned(),
            port,
        })
    }

    /// The stable address of one port of a node, from outside.
    pub fn address_of(&self, endpoint: &Endpoint) -> Option<SocketAddr> {
        self.links.front_door(endpoint)
    }

    /// Kills a node, as `kill -9` does, and everything in its process group. Returns when it is gone.
    ///
    /// # Errors
    /// When there is no such node, or it does not run.
    pub async fn kill(&self, node: &str) -> Result<(), NodeError> {
        self.member(node)?.kill().await
    }

    /// Starts a node again, with the data it had, and waits until it is ready; kills it first if it runs. Says how
    /// long it took from start to readiness.
    ///
    /// # Errors
    /// When there is no such node, or it does not become ready; it may run nevertheless.
    pub async fn restart(&self, node: &str) -> Result<Duration, NodeError> {
        self.member(node)?.restart().await
    }

    /// Waits until a node that is being started is ready, at most as long as the topology gives it.
    ///
    /// # Errors
    /// When there is no such node, it does not run, or it is not ready in time.
    pub async fn wait_ready(&self, node: &str) -> Result<(), NodeError> {
        self.member(node)?.until_ready().await
    }

    /// The last lines of what a node printed, at most `lines`; nothing if there is no such node.
    pub fn log_tail(&self, node: &str, lines: usize) -> Vec<String> {
        self.member(node).map(|member| member.tail(lines)).unwrap_or_default()
    }

    /// The log file of a node.
    pub fn log(&self, node: &str) -> PathBuf {
        self.folder.log(node)
    }

    /// The folder of this run, with `data/NODE/` and `logs/NODE.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// The id of this run, which every node finds in its environment as `SEAM_RUN`.
    pub fn id(&self) -> &str {
        self.folder.id()
    }

    /// How long it took from the end of the building until every node was ready.
    pub fn ready_in(&self) -> Duration {
        self.ready_in
    }

    /// Asks every node to end (SIGTERM), kills those that still run after [`Options::grace`], and closes every address. Nothing
    /// starts from now on. A folder that can't be removed stays, without a word.
    pub async fn down(&self, folder: Folder) {
        self.end(self.grace).await;
        if folder == Folder::Remove {
            let _ = self.folder.remove();
        }
    }

    async fn end(&self, grace: Duration) {
        self.closing.cancel();
        join_all(self.members.iter().map(|member| member.stop(grace))).await;
        self.links.close().await;
    }

    fn member(&self, name: &str) -> Result<&Arc<Member>, NodeError> {
        self.members
            .iter()
            .find(|member| member.node.name == name)
            .ok_or_else(|| NodeError::Unknown {
                name: name.to_owned(),
                known: self.members.iter().map(|member| member.node.name.clone()).collect(),
            })
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closing.cancel();
        for member in &self.members {
            member.abandon();
        }
    }
}

fn home(topology: &Topology, node: &Node, folder: &RunFolder, executables: &Executables) -> Home {
    let executable = match &node.program {
        Program::Cargo { package, bin } => executables.get(&(package.clone(), bin.clone())).cloned(),
        Program::Command { .. } => None,
    };
    Home {
        data: folder.data(&node.name),
        log: folder.log(&node.name),
        folder: topology.folder().to_owned(),
        executable,
        run: folder.id().to_owned(),
    }
}

/// This very program, even if its file has been replaced since it started.
fn running_program() -> PathBuf {
    let linux = Path::new("/proc/self/exe");
    if linux.exists() {
        linux.to_owned()
    } else {
        std::env::current_exe().unwrap_or_else(|_| "seam".into())
    }
}
