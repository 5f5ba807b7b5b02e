//! Brings a topology up: what is built, opened and started, in which order.

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use futures::future::try_join_all;
use seam::chance;
use tokio::task::spawn_blocking;
use tokio_util::sync::CancellationToken;

use super::{
    Event, NodeError, NodeState, Options, Running, UpError,
    containers::Containers,
    crash::CrashPoint,
    kept::Removed,
    links::Links,
    local::{Built, Processes, build_once},
    run_folder::{self, RunFolder},
    runner::{Runner, Site},
    supervisor::Supervisor,
};
use crate::{
    progress::Progress,
    topology::{Backend, Node, Topology},
};

/// Builds the cargo binaries of a topology once, for [`Options::built`] of many runs.
///
/// # Errors
/// When cargo fails, or does not build what the topology names.
pub async fn build(topology: &Topology, options: &Options, progress: &dyn Progress<Event>) -> Result<Built, UpError> {
    build_once(topology, options, progress).await
}

/// Brings a topology up: builds its cargo binaries, opens every address, and starts each node as soon as its
/// needs are ready. Returns when every node is ready. Cancelled by dropping the future, it leaves nothing
/// running.
///
/// # Errors
/// The first thing that went wrong. Nothing runs any more by then. The run folder stays if it was created.
pub async fn up(topology: &Topology, options: &Options, progress: &dyn Progress<Event>) -> Result<Running, UpError> {
    let runner = runner_of(topology, options, progress).await?;
    let (pruned, wanted) = (topology.clone(), options.clone());
    let removed = spawn_blocking(move || run_folder::prune(&pruned, &wanted)).await;
    match removed.unwrap_or_default() {
        Removed { number: 0, .. } => {}
        Removed { number, bytes } => progress.report(&Event::Pruned { runs: number, bytes }),
    }
    let mut running = Running::prepare(topology, options, runner).await?;
    if let Err(error) = running.ask_for_points().await {
        running.end(Duration::ZERO).await;
        // Nothing has run yet that it could tell of.
        let _ = running.folder.remove();
        return Err(error.into());
    }
    let began = Instant::now();
    if let Err(error) = running.start_all(progress).await {
        running.end(Duration::ZERO).await;
        return Err(error.into());
    }
    running.ready_in = began.elapsed();
    progress.report(&Event::Up { took: running.ready_in });
    Ok(running)
}

/// What runs the nodes on the topology's backend.
async fn runner_of(
    topology: &Topology,
    options: &Options,
    progress: &dyn Progress<Event>,
) -> Result<Arc<dyn Runner>, UpError> {
    Ok(match topology.backend() {
        Backend::Local => Arc::new(Processes::prepare(topology, options, progress).await?),
        Backend::Containers => Arc::new(Containers::prepare(topology, options, progress).await?),
    })
}

impl Running {
    async fn prepare(topology: &Topology, options: &Options, runner: Arc<dyn Runner>) -> Result<Self, UpError> {
        let seed = options.seed.unwrap_or_else(|| chance::below(u64::MAX));
        let folder = RunFolder::create(topology, options)?;
        let links = async {
            let inside = runner.open(folder.id(), folder.path()).await?;
            Links::open(topology, seed, inside).await
        };
        let links = match links.await {
            Ok(links) => links,
            Err(error) => {
                runner.close().await;
                // Nothing has run yet that it could tell of.
                let _ = folder.remove();
                return Err(error);
            }
        };
        let closing = CancellationToken::new();
        let supervisor = |node: &Node| {
            let site = Site {
                data: folder.data(&node.name),
                log: folder.log(&node.name),
                links: links.addresses_for(&node.name),
                secrets: topology.secrets().clone(),
                run: folder.id().to_owned(),
                crash: options
                    .fail_points
                    .get(&node.name)
                    .map(|point| CrashPoint::new(point.clone(), folder.path(), &node.name)),
            };
            let upstreams = links.upstreams(&node.service);
            Arc::new(Supervisor::new(
                node.clone(),
                site,
                upstreams,
                Arc::clone(&runner),
                closing.clone(),
            ))
        };
        Ok(Self {
            supervisors: topology.nodes().iter().map(supervisor).collect(),
            links,
            folder,
            runner,
            grace: options.grace,
            ready_in: Duration::ZERO,
            closing,
        })
    }

    async fn ask_for_points(&self) -> Result<(), NodeError> {
        let asked = self.supervisors.iter().map(|supervisor| supervisor.ask_for_its_point());
        try_join_all(asked).await.map(drop)
    }

    async fn start_all(&self, progress: &dyn Progress<Event>) -> Result<(), NodeError> {
        let start = async |supervisor: &Arc<Supervisor>| {
            for needed in &supervisor.node.needs {
                self.becoming_ready(needed).await;
            }
            let node = || supervisor.node.name.clone();
            let took = supervisor
                .start(|pid| progress.report(&Event::Started { node: node(), pid }))
                .await?;
            let node = node();
            progress.report(&if supervisor.node.once {
                Event::Done { node, took }
            } else {
                Event::Ready { node, took }
            });
            Ok(())
        };
        try_join_all(self.supervisors.iter().map(start)).await.map(|_| ())
    }

    /// Waits without a limit for all instances: a node that does not become ready fails its own start, which ends all
    /// others.
    async fn becoming_ready(&self, node: &str) {
        for supervisor in self.called(node) {
            supervisor.life.until(NodeState::serves).await;
        }
    }
}
