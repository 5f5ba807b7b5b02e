use std::{
    collections::BTreeMap,
    io,
    net::SocketAddr,
    sync::{
        Arc, PoisonError,
        atomic::{AtomicU32, Ordering::Relaxed},
    },
    time::{Duration, Instant},
};

use faults::Upstream;
use futures::{FutureExt, future::BoxFuture};
use tokio::sync::{Mutex, MutexGuard};
use tokio_util::sync::CancellationToken;

use super::{
    Death, LogEnd, NodeError, NodeState,
    crash::CrashPoint,
    life::Life,
    logs::{self, Lines},
    ready::Check,
    runner::{Instance, NodeExit, Runner, Site, Started},
};
use crate::topology::Node;

/// Starts of a node whose ports other programs keep taking, before its death counts.
const PORT_ATTEMPTS: usize = 3;
const TAIL_LINES: usize = 15;

/// Keeper of one node of a running topology: starts it, ends it, and moves its upstreams to wherever it listens.
#[derive(Debug)]
pub(super) struct Supervisor {
    pub(super) node: Node,
    pub(super) life: Life,
    site: Site,
    /// Targets of every proxy that leads to the node, by the names of its ports.
    upstreams: BTreeMap<String, Upstream>,
    runner: Arc<dyn Runner>,
    /// Cancelled when the topology goes down: nothing starts from then on.
    closing: CancellationToken,
    /// Restarts after a failure so far.
    restarts: AtomicU32,
    deaths: std::sync::Mutex<Vec<Death>>,
    /// Held by whoever starts or ends the node.
    turn: Mutex<()>,
}

impl Supervisor {
    pub(super) fn new(
        node: Node,
        site: Site,
        upstreams: BTreeMap<String, Upstream>,
        runner: Arc<dyn Runner>,
        closing: CancellationToken,
    ) -> Self {
        Self {
            node,
            life: Life::waiting(),
            site,
            upstreams,
            runner,
            closing,
            restarts: AtomicU32::new(0),
            deaths: std::sync::Mutex::default(),
            turn: Mutex::new(()),
        }
    }

    /// Starts the node and waits until it is ready. `started` is called with the pid of each attempt. Returns the
    /// time from start to readiness.
    pub(super) async fn start(self: &Arc<Self>, started: impl Fn(Option<u32>)) -> Result<Duration, NodeError> {
        let _turn = self.turn.lock().await;
        self.start_in_turn(started).await
    }

    /// Kills the node if it runs, starts it, and waits until it is ready. Returns the time from start to readiness.
    pub(super) async fn restart(self: &Arc<Self>) -> Result<Duration, NodeError> {
        let turn = self.turn.lock().await;
        self.end(&turn, NodeState::Killed, |instance| instance.kill()).await;
        self.start_in_turn(|_| {}).await
    }

    /// Kills the node with all that it started, and waits until it is gone.
    pub(super) async fn kill(&self) -> Result<(), NodeError> {
        let turn = self.turn.lock().await;
        if self.end(&turn, NodeState::Killed, |instance| instance.kill()).await {
            return Ok(());
        }
        Err(self.not_running())
    }

    /// Waits until the node has died at the point that its site names; passes there count while this waits.
    pub(super) async fn crash(&self) -> Result<(), NodeError> {
        let point = self.site.crash.as_ref().filter(|_| self.life.instance().is_some());
        let point = point.ok_or_else(|| self.not_running())?;
        let _armed = point.arm().map_err(|source| NodeError::Start {
            node: self.node.name.clone(),
            source,
        })?;
        self.life.until(|state| *state == NodeState::Crashed).await;
        Ok(())
    }

    /// Has passes of the point count no more for [`Supervisor::crash`]. False if one has made the node die already.
    pub(super) fn spare(&self) -> bool {
        self.site.crash.as_ref().is_none_or(CrashPoint::disarm)
    }

    /// Checks that the program has the point at which a fault is to have the node die.
    pub(super) async fn ask_for_its_point(&self) -> Result<(), NodeError> {
        let Some(crash) = &self.site.crash else { return Ok(()) };
        let known = self.runner.fail_points(&self.node, &self.site).await?;
        if known.contains(&crash.point.name) {
            return Ok(());
        }
        Err(NodeError::NoSuchPoint {
            node: self.node.name.clone(),
            point: crash.point.name.clone(),
            known: known.iter().map(|name| self.site.secrets.hide(name)).collect(),
        })
    }

    /// Makes the node stand still.
    pub(super) async fn pause(&self) -> Result<(), NodeError> {
        let _turn = self.turn.lock().await;
        let instance = self.life.instance().ok_or_else(|| self.not_running())?;
        let node = self.node.name.clone();
        instance.pause().await.map_err(|source| match source.kind() {
            io::ErrorKind::Unsupported => NodeError::Elsewhere { node },
            _ => NodeError::Pause { node, source },
        })
    }

    /// Lets the node go on after [`Supervisor::pause`].
    pub(super) async fn resume(&self) -> Result<(), NodeError> {
        let _turn = self.turn.lock().await;
        let instance = self.life.instance().ok_or_else(|| self.not_running())?;
        instance.resume().await;
        Ok(())
    }

    /// Refuses the node every write to a file, or allows it again.
    pub(super) async fn fill_disk(&self, full: bool) -> Result<(), NodeError> {
        let _turn = self.turn.lock().await;
        let instance = self.life.instance().ok_or_else(|| self.not_running())?;
        instance.fill_disk(full).map_err(|source| NodeError::Disk {
            node: self.node.name.clone(),
            source,
        })
    }

    /// Asks the node to end, as [`Supervisor::stop`] does, and waits until it is gone.
    pub(super) async fn halt(&self, grace: Duration) -> Result<(), NodeError> {
        if self.life.instance().is_none() {
            return Err(self.not_running());
        }
        self.stop(grace).await;
        Ok(())
    }

    /// Asks the node to end, and kills it if it still runs after `grace`, or after its own time. When the topology goes
    /// down, cancel `closing` first: otherwise a waiting start could bring the node back.
    pub(super) async fn stop(&self, grace: Duration) {
        let turn = self.turn.lock().await;
        // No time at all means that the start has failed: nothing is to be saved.
        let own = self.node.stop.within.filter(|_| !grace.is_zero());
        let grace = own.unwrap_or(grace);
        let asked = self.end(&turn, NodeState::Stopped, |instance| instance.stop());
        if tokio::time::timeout(grace, asked).await.is_err() {
            self.end(&turn, NodeState::Stopped, |instance| instance.kill()).await;
        }
    }

    /// Kills the node at once, without waiting for a turn or for the end.
    pub(super) fn abandon(&self) {
        if let Some(instance) = self.life.instance() {
            instance.kill();
        }
    }

    /// Last lines of the node's log, at most `lines`, without secrets.
    pub(super) fn tail(&self, lines: usize) -> Vec<String> {
        let tail = logs::tail(&self.site.log, lines);
        tail.iter().map(|line| self.site.secrets.hide(line)).collect()
    }

    /// Starts the node, and again after a failure, as often as its topology allows.
    async fn start_in_turn(self: &Arc<Self>, started: impl Fn(Option<u32>)) -> Result<Duration, NodeError> {
        loop {
            match self.attempt(&started).await {
                Err(error @ (NodeError::Died { .. } | NodeError::Failed { .. })) => {
                    let Some(pause) = self.next_pause() else {
                        return Err(error);
                    };
                    tokio::select! {
                        () = self.closing.cancelled() => return Err(self.going_down()),
                        () = tokio::time::sleep(pause) => {}
                    }
                }
                other => return other,
            }
        }
    }

    /// Starts the node, and again where another program was quicker to take its port.
    async fn attempt(self: &Arc<Self>, started: impl Fn(Option<u32>)) -> Result<Duration, NodeError> {
        let mut attempt = 1;
        loop {
            let began = Instant::now();
            let printed = logs::length(&self.site.log);
            let (instance, addresses) = self.launch().await?;
            started(instance.pid());
            let check = Check::new(
                &self.node.ready.probe,
                addresses,
                Arc::clone(&instance),
                self.lines_from(printed),
            );
            match self.become_ready(check, began).await {
                Ok(()) => return Ok(began.elapsed()),
                Err(NodeError::Died { .. }) if attempt < PORT_ATTEMPTS && instance.lost_a_port() => attempt += 1,
                Err(error) => return Err(error),
            }
        }
    }

    async fn launch(self: &Arc<Self>) -> Result<(Arc<dyn Instance>, BTreeMap<String, SocketAddr>), NodeError> {
        if self.closing.is_cancelled() {
            return Err(self.going_down());
        }
        let Started {
            instance,
            addresses,
            ended,
        } = self.runner.start(&self.node, &self.site).await?;
        for (upstream, address) in self.ways(&addresses) {
            upstream.add(address);
        }
        self.life.started(Arc::clone(&instance));
        tokio::spawn(Arc::clone(self).watch(ended, addresses.clone()));
        Ok((instance, addresses))
    }

    /// Runs as long as the node does.
    async fn watch(self: Arc<Self>, ended: BoxFuture<'static, NodeExit>, addresses: BTreeMap<String, SocketAddr>) {
        let exit = ended.await;
        for (upstream, address) in self.ways(&addresses) {
            upstream.remove(address);
        }
        let served = self.life.state() == NodeState::Ready;
        if self.site.crash.as_ref().is_some_and(CrashPoint::has_struck) {
            self.life.announce_end(NodeState::Crashed);
        }
        self.life.ended(&exit, self.node.once);
        // Whoever starts the node sees a death before it was ready.
        if let (true, NodeState::Died(how)) = (served, self.life.state()) {
            self.record_death(how);
            if !exit.is_success() {
                self.come_back().await;
            }
        }
    }

    /// Starts the node again after a failure, as often as its topology allows. Ends when it is ready again, when
    /// somebody else has started or ended it, or when there are no restarts left.
    fn come_back(self: Arc<Self>) -> BoxFuture<'static, ()> {
        let restarts = async move {
            while let Some(pause) = self.next_pause() {
                tokio::select! {
                    () = self.closing.cancelled() => return,
                    () = tokio::time::sleep(pause) => {}
                }
                let _turn = self.turn.lock().await;
                if !matches!(self.life.state(), NodeState::Died(_)) || self.attempt(|_| {}).await.is_ok() {
                    return;
                }
            }
        };
        restarts.boxed()
    }

    /// Pause before the next restart, which is counted; `None` if there are none left.
    fn next_pause(&self) -> Option<Duration> {
        let pause = self.node.restart?.pause(self.restarts.load(Relaxed))?;
        self.restarts.fetch_add(1, Relaxed);
        Some(pause)
    }

    fn record_death(&self, how: String) {
        let death = Death {
            node: self.node.name.clone(),
            how,
            at: Instant::now(),
            tail: self.tail(TAIL_LINES),
        };
        self.deaths.lock().unwrap_or_else(PoisonError::into_inner).push(death);
    }

    /// Ends of the node so far that nobody asked for, after it was ready.
    pub(super) fn deaths(&self) -> Vec<Death> {
        self.deaths.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Each way to the node with the address to which it leads.
    fn ways(&self, addresses: &BTreeMap<String, SocketAddr>) -> impl Iterator<Item = (&Upstream, SocketAddr)> {
        let way = |(port, upstream)| Some((upstream, *addresses.get(port)?));
        self.upstreams.iter().filter_map(way)
    }

    async fn become_ready(&self, mut check: Check<'_>, began: Instant) -> Result<(), NodeError> {
        let mut reply = "nothing yet".to_owned();
        while let Some(left) = self.node.ready.within.checked_sub(began.elapsed()) {
            tokio::select! {
                biased;
                over = self.life.until(NodeState::is_over) => return self.over(&over),
                () = self.closing.cancelled() => return Err(self.going_down()),
                () = tokio::time::sleep(left) => break,
                asked = check.ask() => match asked {
                    Ok(()) if self.life.settle() => return Ok(()),
                    // Another program answered on its port: the next round sees that the node has ended.
                    Ok(()) => {}
                    Err(reason) => {
                        reply = reason;
                        tokio::time::sleep(check.pause()).await;
                    }
                }
            }
        }
        Err(self.not_ready(reply))
    }

    fn lines_from(&self, offset: u64) -> Lines {
        Lines::from(self.site.log.clone(), offset)
    }

    /// Ends the node with `how` and waits until it is gone. False if nothing ran. Takes the turn to show that it
    /// is held.
    async fn end(&self, _turn: &MutexGuard<'_, ()>, meaning: NodeState, how: impl FnOnce(&dyn Instance)) -> bool {
        let Some(instance) = self.life.announce_end(meaning) else {
            return false;
        };
        how(&*instance);
        self.life.gone().await;
        true
    }

    /// Result of a start whose node has ended.
    fn over(&self, over: &NodeState) -> Result<(), NodeError> {
        let node = self.node.name.clone();
        let how = match over {
            NodeState::Done => return Ok(()),
            NodeState::Died(how) if how == "exit status 0" => format!(
                "{how}; if it puts itself into the background, have it stay in the foreground, and if it is to end, \
                 give it once = true"
            ),
            NodeState::Died(how) => how.clone(),
            other => other.to_string(),
        };
        let log = self.log_end();
        Err(if self.node.once {
            NodeError::Failed { node, how, log }
        } else {
            NodeError::Died { node, how, log }
        })
    }

    fn not_ready(&self, reply: String) -> NodeError {
        NodeError::NotReady {
            node: self.node.name.clone(),
            within: self.node.ready.within,
            last_check: self.site.secrets.hide(&format!("{}: {reply}", self.node.ready.probe)),
            log: self.log_end(),
        }
    }

    fn log_end(&self) -> Box<LogEnd> {
        Box::new(LogEnd {
            tail: self.tail(TAIL_LINES),
            path: self.site.log.clone(),
            trouble: logs::trouble(&self.site.log),
        })
    }

    fn not_running(&self) -> NodeError {
        NodeError::NotRunning {
            node: self.node.name.clone(),
            state: self.life.state(),
        }
    }

    fn going_down(&self) -> NodeError {
        NodeError::GoingDown {
            node: self.node.name.clone(),
        }
    }
}
