use std::{
    collections::BTreeMap,
    fs::File,
    io,
    net::SocketAddr,
    path::{Path, PathBuf},
    sync::Arc,
    time::Duration,
};

use faults::{Counts, Faults};
use futures::{
    FutureExt,
    future::{BoxFuture, join_all, select_all, try_join_all},
};
use tokio_util::sync::CancellationToken;

use super::{
    Death, NodeError, NodeStatus,
    links::Links,
    local::RUN,
    logs,
    run_folder::RunFolder,
    runner::{self, Runner},
    supervisor::Supervisor,
};
use crate::topology::{Endpoint, Link};

/// Last lines of a program that are quoted.
const LAST_LINES: usize = 10;

/// A topology that is up.
///
/// Take it down with [`Running::down`]. A value that is dropped instead kills every node, closes every address
/// and keeps the run folder.
#[derive(Debug)]
pub struct Running {
    pub(super) supervisors: Vec<Arc<Supervisor>>,
    pub(super) links: Links,
    pub(super) folder: RunFolder,
    pub(super) runner: Arc<dyn Runner>,
    pub(super) grace: Duration,
    pub(super) ready_in: Duration,
    pub(super) closing: CancellationToken,
}

/// Fate of a run folder when its topology goes down.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Folder {
    /// Leaves the folder in place, with data and logs.
    Keep,
    /// Deletes the folder with everything in it.
    Remove,
}

impl Running {
    /// Current status of every node, in the order of the topology.
    pub fn nodes(&self) -> Vec<NodeStatus> {
        let status = |supervisor: &Arc<Supervisor>| {
            let node = &supervisor.node;
            let (requests, connections) = self.links.traffic_to(&node.service);
            let front_door = |endpoint: Endpoint| {
                let address = self.links.front_door(&endpoint)?;
                Some((endpoint.port, address))
            };
            NodeStatus {
                name: node.name.clone(),
                state: supervisor.life.state(),
                addresses: node.endpoints().filter_map(front_door).collect(),
                pid: supervisor.life.pid(),
                requests,
                connections,
            }
        };
        self.supervisors.iter().map(status).collect()
    }

    /// Stable address of a node's first port from outside. `None` if there is no such node.
    pub fn address(&self, node: &str) -> Option<SocketAddr> {
        let endpoint = self.supervisor(node).ok()?.node.endpoints().next()?;
        self.address_of(&endpoint)
    }

    /// Stable address of an endpoint from outside. `None` if there is no such endpoint.
    pub fn address_of(&self, endpoint: &Endpoint) -> Option<SocketAddr> {
        self.links.front_door(endpoint)
    }

    /// Faults of a link, to lay and lift them; those of a front door if the link is [`Link::from_outside`].
    /// [`Topology::links_called`] finds links by name. `None` if there is no such link.
    ///
    /// [`Topology::links_called`]: crate::topology::Topology::links_called
    pub fn faults(&self, link: &Link) -> Option<&Faults> {
        self.links.faults(link)
    }

    /// Kills a node, or all instances of it, with everything in their process groups, as `kill -9` does. Returns when
    /// all of it is gone. What runs elsewhere is not killed: the way to it is cut.
    ///
    /// # Errors
    /// When there is no such node, or it does not run.
    pub async fn kill(&self, node: &str) -> Result<(), NodeError> {
        self.to_any(node, |supervisor| supervisor.kill().boxed()).await
    }

    /// Waits until a node has died at the point of its code that [`Options::fail_points`] gives it. Passes there count
    /// from now on, until this is dropped.
    ///
    /// # Errors
    /// When there is no such node, it does not run, or it has no such point.
    ///
    /// [`Options::fail_points`]: super::Options::fail_points
    pub async fn crash(&self, node: &str) -> Result<(), NodeError> {
        self.supervisor(node)?.crash().await
    }

    /// Takes back [`Running::crash`] while that waits. False if the node has passed its point: then it ends soon, and
    /// `crash` returns.
    pub(crate) fn spare(&self, node: &str) -> bool {
        self.supervisor(node).map_or(true, |supervisor| supervisor.spare())
    }

    /// Makes a node, or all instances of it, stand still with everything in their process groups (SIGSTOP), until
    /// [`Running::resume`].
    ///
    /// # Errors
    /// When there is no such node, it does not run, or it runs elsewhere.
    pub async fn pause(&self, node: &str) -> Result<(), NodeError> {
        self.to_any(node, |supervisor| supervisor.pause().boxed()).await
    }

    /// Lets a node, or all instances of it, go on (SIGCONT).
    ///
    /// # Errors
    /// When there is no such node, or it does not run.
    pub async fn resume(&self, node: &str) -> Result<(), NodeError> {
        self.to_any(node, |supervisor| supervisor.resume().boxed()).await
    }

    /// Refuses a node, or all instances of it, every write to a file as a full disk does, or allows it again. What the
    /// node starts from then on has the limit too; what it had started before has not.
    ///
    /// # Errors
    /// When there is no such node, it does not run, it runs elsewhere, or the system has no such limit.
    pub async fn fill_disk(&self, node: &str, full: bool) -> Result<(), NodeError> {
        self.to_any(node, |supervisor| supervisor.fill_disk(full).boxed()).await
    }

    /// Asks a node, or all instances of it, to end, as [`Running::down`] does. Returns when all of it is gone.
    ///
    /// # Errors
    /// When there is no such node, or it does not run.
    pub async fn stop(&self, node: &str) -> Result<(), NodeError> {
        self.to_any(node, |supervisor| supervisor.halt(self.grace).boxed())
            .await
    }

    /// Does something to every instance of a node. One instance is enough: the others may be dead already.
    async fn to_any<'a>(
        &'a self,
        node: &'a str,
        what: impl Fn(&'a Supervisor) -> BoxFuture<'a, Result<(), NodeError>>,
    ) -> Result<(), NodeError> {
        let mut done = Err(self.unknown(node));
        for result in join_all(self.called(node).map(|supervisor| what(supervisor))).await {
            if done.is_err() {
                done = result;
            }
        }
        done
    }

    /// Starts a node, or all instances of it, again, with the data that it had, and waits until it is ready. A node
    /// that still runs is killed first. Returns the time from start to readiness.
    ///
    /// # Errors
    /// When there is no such node, or it does not become ready; it may run nevertheless.
    pub async fn restart(&self, node: &str) -> Result<Duration, NodeError> {
        self.supervisor(node)?;
        let took = try_join_all(self.called(node).map(|supervisor| supervisor.restart())).await?;
        Ok(took.into_iter().max().unwrap_or_default())
    }

    /// All that has passed each link so far, those from outside first.
    pub(super) fn traffic_of_links(&self) -> Vec<(Link, Counts)> {
        self.links.traffic()
    }

    /// Traffic so far around a node, or all instances of it, as [`Links::around`] gives it.
    pub(super) fn around(&self, node: &str) -> Option<(u64, u64, u64)> {
        let service = &self.supervisor(node).ok()?.node.service;
        let nodes: Vec<&str> = self.called(node).map(|it| it.node.name.as_str()).collect();
        self.links.around(service, &nodes)
    }

    /// Number of times that each node became ready so far, by name.
    pub(super) fn readied(&self) -> BTreeMap<String, u64> {
        let readied = |it: &Arc<Supervisor>| (it.node.name.clone(), it.life.readied());
        self.supervisors.iter().map(readied).collect()
    }

    /// Returns when an instance of a node has become ready more often than these counts say; never for an unknown node.
    pub(super) async fn ready_after(&self, node: &str, counts: &BTreeMap<String, u64>) {
        let waits = self.called(node).map(|it| {
            let before = counts.get(&it.node.name).copied().unwrap_or_default();
            it.life.ready_after(before).boxed()
        });
        let waits: Vec<_> = waits.collect();
        if waits.is_empty() {
            return std::future::pending().await;
        }
        select_all(waits).await;
    }

    /// Last lines of a node's output, at most `lines`. Empty if there is no such node.
    pub fn log_tail(&self, node: &str, lines: usize) -> Vec<String> {
        let tail = self.supervisor(node).map(|supervisor| supervisor.tail(lines));
        tail.unwrap_or_default()
    }

    /// Every end of a node that nobody asked for, after it was ready; the earliest first.
    pub fn deaths(&self) -> Vec<Death> {
        let mut deaths: Vec<Death> = self.supervisors.iter().flat_map(|it| it.deaths()).collect();
        deaths.sort_by_key(|death| death.at);
        deaths
    }

    /// Paths of the logs of a node, or of all instances of it.
    pub(super) fn logs(&self, node: &str) -> Vec<PathBuf> {
        self.called(node).map(|it| self.folder.log(&it.node.name)).collect()
    }

    /// Runs a program to its end, with `env` and the run's id in its environment. Its output goes to the log of this
    /// name.
    ///
    /// # Errors
    /// When it does not end with status 0; the text has its last lines.
    pub(super) async fn run(
        &self,
        name: &str,
        (words, folder): (&[String], &Path),
        mut env: Vec<(String, String)>,
    ) -> Result<(), String> {
        let log = self.folder.log(name);
        env.push((RUN.to_owned(), self.folder.id().to_owned()));
        let program = runner::Program {
            words,
            folder,
            env,
            log: log.clone(),
        };
        let printed = logs::length(&log);
        match self.runner.run(program).await {
            exit if exit.is_success() => Ok(()),
            exit => {
                let said = logs::Lines::from(log, printed).next();
                let last = said.len().saturating_sub(LAST_LINES);
                let said = said.get(last..).unwrap_or_default().join("\n");
                Err(format!("{} ended with {exit}; it said last: {said}", words.join(" ")))
            }
        }
    }

    /// Path of a node's log.
    pub fn log(&self, node: &str) -> PathBuf {
        self.folder.log(node)
    }

    /// Folder of this run, with `data/NODE/` and `logs/NODE.log`.
    pub fn folder(&self) -> &Path {
        self.folder.path()
    }

    /// Keeps the folder of this run from being removed by another `seam` once the topology is down, until dropped.
    pub(crate) fn held(&self) -> io::Result<File> {
        self.folder.held()
    }

    /// Id of this run, which every node finds in its environment as `SEAM_RUN`.
    pub fn id(&self) -> &str {
        self.folder.id()
    }

    /// Does some work with the nodes, as long as anything can be said of them.
    ///
    /// # Errors
    /// When that ends, as when the Docker engine goes away: what was seen of the nodes is no evidence then. The text
    /// says what to do.
    pub async fn unless_lost<T>(&self, work: impl Future<Output = T>) -> Result<T, String> {
        tokio::select! {
            biased;
            reason = self.runner.lost() => Err(reason),
            done = work => self.runner.trouble().await.map_or(Ok(done), Err),
        }
    }

    /// Advice on how to look at what stays beside the folder, once the topology is down.
    pub(crate) fn kept(&self) -> Option<String> {
        self.runner.kept()
    }

    /// Time from the end of the build until every node was ready.
    pub fn ready_in(&self) -> Duration {
        self.ready_in
    }

    /// Lifts every fault on a link, asks every node to end (SIGTERM), kills those that still run after
    /// [`Options::grace`], and closes every address. Nothing starts from then on. A folder that cannot be removed
    /// stays, without an error.
    ///
    /// [`Options::grace`]: super::Options::grace
    pub async fn down(&self, folder: Folder) {
        self.end(self.grace).await;
        // First, as the folder's end is what `seam down` waits for.
        self.folder.release_data();
        if folder == Folder::Remove {
            let _ = self.folder.remove();
        }
    }

    pub(super) async fn end(&self, grace: Duration) {
        self.closing.cancel();
        // A node that ends in order may wait for answers that a fault holds back.
        self.links.lift_all();
        join_all(self.supervisors.iter().map(|supervisor| supervisor.stop(grace))).await;
        self.links.close().await;
        self.runner.close().await;
    }

    fn supervisor(&self, name: &str) -> Result<&Arc<Supervisor>, NodeError> {
        let found = self.supervisors.iter().find(|it| it.node.is_called(name));
        found.ok_or_else(|| self.unknown(name))
    }

    /// Supervisors of the node of this name, or of all its instances.
    pub(super) fn called<'a>(&'a self, name: &'a str) -> impl Iterator<Item = &'a Arc<Supervisor>> {
        self.supervisors.iter().filter(move |it| it.node.is_called(name))
    }

    fn unknown(&self, name: &str) -> NodeError {
        NodeError::Unknown {
            name: name.to_owned(),
            known: self
                .supervisors
                .iter()
                .map(|supervisor| supervisor.node.name.clone())
                .collect(),
        }
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        self.closing.cancel();
        for supervisor in &self.supervisors {
            supervisor.abandon();
        }
    }
}
