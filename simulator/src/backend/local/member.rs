use std::{
    collections::BTreeMap,
    env, fs, io,
    os::unix::{fs::PermissionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::{Duration, Instant},
};

use faults::Upstream;
use rustix::process::Signal;
use tokio::sync::{Mutex, MutexGuard, watch};
use tokio_util::sync::CancellationToken;

use super::{
    NodeError,
    group::{Group, Launch, Launcher, signal},
    log,
    ports::{free_port, is_free},
    ready,
};
use crate::{
    backend::NodeState,
    topology::{Endpoint, Node, Place, Program},
};

/// Between two questions whether a node is ready.
const ASK_EVERY: Duration = Duration::from_millis(10);
/// How often a node is started again on other ports because somebody took its ports.
const PORT_ATTEMPTS: usize = 3;
const TAIL_LINES: usize = 15;

/// One node of a running topology: its process may come and go, the rest stays.
#[derive(Debug)]
pub(super) struct Member {
    pub(super) node: Node,
    pub(super) home: Home,
    /// Where its ports really are, for every proxy that leads to it.
    pub(super) upstreams: BTreeMap<String, Upstream>,
    /// The addresses under which it reaches others.
    pub(super) links: BTreeMap<Endpoint, String>,
    pub(super) launcher: Launcher,
    /// Cancelled when the topology goes down: nothing starts from then on.
    pub(super) closing: CancellationToken,
    pub(super) life: watch::Sender<Life>,
    /// Held by whoever starts or ends it.
    pub(super) turn: Mutex<()>,
}

/// The places of a node on disk.
#[derive(Debug)]
pub(super) struct Home {
    pub(super) data: PathBuf,
    pub(super) log: PathBuf,
    /// Where it runs.
    pub(super) folder: PathBuf,
    /// Its program, if cargo built it.
    pub(super) executable: Option<PathBuf>,
    /// The run's id, which every node finds in its environment as `SEAM_RUN`.
    pub(super) run: String,
}

/// What is known of a node's process.
#[derive(Debug, Clone)]
pub(super) struct Life {
    pub(super) state: NodeState,
    pub(super) pid: Option<u32>,
    /// What its end will mean, if we bring it about.
    ending: Option<NodeState>,
}

impl Life {
    pub(super) fn waiting() -> Self {
        Self {
            state: NodeState::Waiting,
            pid: None,
            ending: None,
        }
    }
}

impl Member {
    /// Starts it and waits until it is ready. `started` hears the pid of each attempt.
    pub(super) async fn start(self: &Arc<Self>, started: impl Fn(u32)) -> Result<Duration, NodeError> {
        let _turn = self.turn.lock().await;
        self.start_in_turn(started).await
    }

    /// Kills it if it runs, starts it, and waits until it is ready.
    pub(super) async fn restart(self: &Arc<Self>) -> Result<Duration, NodeError> {
        let turn = self.turn.lock().await;
        self.end(&turn, NodeState::Killed, Signal::KILL).await;
        self.start_in_turn(|_| {}).await
    }

    /// Kills it and everything in its group, and waits until it is gone.
    pub(super) async fn kill(&self) -> Result<(), NodeError> {
        let turn = self.turn.lock().await;
        if self.end(&turn, NodeState::Killed, Signal::KILL).await {
            return Ok(());
        }
        let state = self.life.borrow().state.to_string();
        Err(NodeError::NotRunning {
            node: self.node.name.clone(),
            state,
        })
    }

    /// Asks it to end, and kills it if it still runs after `grace`. For good: [`Member::closing`] must be cancelled before.
    pub(super) async fn stop(&self, grace: Duration) {
        let turn = self.turn.lock().await;
        let asked = self.end(&turn, NodeState::Stopped, Signal::TERM);
        if tokio::time::timeout(grace, asked).await.is_err() {
            self.end(&turn, NodeState::Stopped, Signal::KILL).await;
        }
    }

    /// Kills it without waiting or asking whose turn it is.
    pub(super) fn abandon(&self) {
        if let Some(pid) = self.life.borrow().pid {
            signal(pid, Signal::KILL);
        }
    }

    /// Waits until it is ready, at most as long as it may take to become so.
    pub(super) async fn until_ready(&self) -> Result<(), NodeError> {
        let mut life = self.life.subscribe();
        let settled = life.wait_for(|life| life.state == NodeState::Ready || life.state.is_over());
        let state = match tokio::time::timeout(self.node.ready.within, settled).await {
            Ok(Ok(life)) => life.state.clone(),
            _ => return Err(self.not_ready("it is not asked any more".to_owned())),
        };
        match state {
            NodeState::Ready => Ok(()),
            over => Err(NodeError::NotRunning {
                node: self.node.name.clone(),
                state: over.to_string(),
            }),
        }
    }

    pub(super) fn tail(&self, lines: usize) -> Vec<String> {
        log::tail(&self.home.log, lines)
    }

    async fn start_in_turn(self: &Arc<Self>, started: impl Fn(u32)) -> Result<Duration, NodeError> {
        let mut attempt = 1;
        loop {
            let (ports, began) = (self.ports()?, Instant::now());
            let pid = self.launch(&ports).await?;
            started(pid);
            match self.become_ready(&ports, began).await {
                Ok(()) => return Ok(began.elapsed()),
                // It is gone, and yet a port of its is taken: so somebody else was quicker.
                Err(NodeError::Died { .. })
                    if attempt < PORT_ATTEMPTS && ports.values().any(|port| !is_free(*port)) =>
                {
                    attempt += 1;
                }
                Err(error) => return Err(error),
            }
        }
    }

    fn ports(&self) -> Result<BTreeMap<String, u16>, NodeError> {
        let names = self.node.ports.iter();
        names
            .map(|name| Ok((name.clone(), free_port()?)))
            .collect::<io::Result<_>>()
            .map_err(|e| self.no_start(e))
    }

    async fn launch(self: &Arc<Self>, ports: &BTreeMap<String, u16>) -> Result<u32, NodeError> {
        if self.closing.is_cancelled() {
            return Err(NodeError::GoingDown {
                node: self.node.name.clone(),
            });
        }
        let group = self.group(ports).await?;
        let pid = group.pid();
        for (name, upstream) in &self.upstreams {
            upstream.set(
                ports
                    .get(name)
                    .map(|port| (std::net::Ipv4Addr::LOCALHOST, *port).into()),
            );
        }
        self.life.send_replace(Life {
            state: NodeState::Starting,
            pid: Some(pid),
            ending: None,
        });
        tokio::spawn(Arc::clone(self).watch(group));
        Ok(pid)
    }

    async fn group(&self, ports: &BTreeMap<String, u16>) -> Result<Group, NodeError> {
        let place = Place {
            data: &self.home.data,
            ports,
            links: &self.links,
        };
        let mut args = Vec::new();
        let program = match (&self.node.program, &self.home.executable) {
            (_, Some(executable)) => executable.clone(),
            (Program::Cargo { bin, .. }, None) => PathBuf::from(bin),
            (Program::Command { program, args: first }, None) => {
                args.extend(first.iter().map(|arg| arg.render(&place)));
                PathBuf::from(program.render(&place))
            }
        };
        args.extend(self.node.args.iter().map(|arg| arg.render(&place)));
        let mut env: Vec<_> = self
            .node
            .env
            .iter()
            .map(|(name, value)| (name.clone(), value.render(&place)))
            .collect();
        env.push(("SEAM_RUN".to_owned(), self.home.run.clone()));
        self.must_exist(&program, &env)?;
        let log = || fs::File::options().create(true).append(true).open(&self.home.log);
        let launched = async {
            let launch = Launch {
                program: program.clone().into_os_string(),
                args,
                env,
                folder: &self.home.folder,
                stdout: Stdio::from(log()?),
                stderr: Stdio::from(log()?),
            };
            self.launcher.launch(launch).await
        };
        launched.await.map_err(|source| self.no_start(source))
    }

    /// A program that is not there is better named now than found out from a log.
    fn must_exist(&self, program: &Path, environment: &[(String, String)]) -> Result<(), NodeError> {
        let runs = |file: PathBuf| {
            fs::metadata(file).is_ok_and(|file| file.is_file() && file.permissions().mode() & 0o111 != 0)
        };
        let is_there = if program.components().count() > 1 {
            runs(self.home.folder.join(program))
        } else {
            let own = environment
                .iter()
                .find(|(name, _)| name == "PATH")
                .map(|(_, path)| path.into());
            let path = own.or_else(|| env::var_os("PATH")).unwrap_or_default();
            env::split_paths(&path).any(|folder| runs(folder.join(program)))
        };
        if is_there {
            return Ok(());
        }
        Err(NodeError::NoProgram {
            node: self.node.name.clone(),
            program: program.display().to_string(),
        })
    }

    /// Lives as long as the process does.
    async fn watch(self: Arc<Self>, group: Group) {
        let ended = group.wait().await;
        for upstream in self.upstreams.values() {
            upstream.set(None);
        }
        self.life.send_modify(|life| {
            life.state = life.ending.take().unwrap_or_else(|| NodeState::Died(how(ended)));
            life.pid = None;
        });
    }

    async fn become_ready(&self, ports: &BTreeMap<String, u16>, began: Instant) -> Result<(), NodeError> {
        let mut life = self.life.subscribe();
        let port = ports.get(&self.node.ready.port).copied().unwrap_or_default();
        let mut answer = "nothing yet".to_owned();
        while began.elapsed() < self.node.ready.within {
            let over = tokio::select! {
                biased;
                over = ended(&mut life) => over,
                () = self.closing.cancelled() => return Err(self.going_down()),
                asked = ready::ask(&self.node.ready.probe, port) => match asked {
                    Ok(()) if self.settle() => return Ok(()),
                    Ok(()) => continue,
                    Err(reason) => {
                        answer = reason;
                        tokio::time::sleep(ASK_EVERY).await;
                        continue;
                    }
                }
            };
            return Err(self.died(&over));
        }
        Err(self.not_ready(answer))
    }

    /// Marks it ready, if it still runs.
    fn settle(&self) -> bool {
        self.life.send_if_modified(|life| {
            let runs = life.state == NodeState::Starting;
            if runs {
                life.state = NodeState::Ready;
            }
            runs
        })
    }

    /// Sends the signal and waits for the end. False if there was nothing to end.
    async fn end(&self, _turn: &MutexGuard<'_, ()>, meaning: NodeState, how: Signal) -> bool {
        let mut life = self.life.subscribe();
        let mut pid = None;
        self.life.send_if_modified(|life| {
            pid = life.pid;
            life.ending = Some(meaning);
            false
        });
        let Some(pid) = pid else { return false };
        signal(pid, how);
        life.wait_for(|life| life.pid.is_none()).await.is_ok()
    }

    fn died(&self, over: &NodeState) -> NodeError {
        NodeError::Died {
            node: self.node.name.clone(),
            how: match over {
                NodeState::Died(how) => how.clone(),
                other => other.to_string(),
            },
            tail: self.tail(TAIL_LINES),
            log: self.home.log.clone(),
        }
    }

    fn not_ready(&self, answer: String) -> NodeError {
        NodeError::NotReady {
            node: self.node.name.clone(),
            within: self.node.ready.within,
            answer,
            tail: self.tail(TAIL_LINES),
            log: self.home.log.clone(),
        }
    }

    fn going_down(&self) -> NodeError {
        NodeError::GoingDown {
            node: self.node.name.clone(),
        }
    }

    fn no_start(&self, source: io::Error) -> NodeError {
        NodeError::Start {
            node: self.node.name.clone(),
            source,
        }
    }
}

/// The state in which it ended, once it did.
async fn ended(life: &mut watch::Receiver<Life>) -> NodeState {
    match life.wait_for(|life| life.state.is_over()).await {
        Ok(life) => life.state.clone(),
        // Its sender lives in the member that asks.
        Err(_) => NodeState::Stopped,
    }
}

fn how(ended: io::Result<ExitStatus>) -> String {
    match ended {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => format!("exit status {code}"),
            (None, Some(signal)) => format!("signal {signal}{}", signal_name(signal)),
            (None, None) => "no exit status".to_owned(),
        },
        Err(error) => format!("its end could not be seen: {error}"),
    }
}

fn signal_name(signal: i32) -> &'static str {
    match signal {
        2 => ", SIGINT",
        6 => ", SIGABRT",
        9 => ", SIGKILL",
        11 => ", SIGSEGV",
        15 => ", SIGTERM",
        _ => "",
    }
}
