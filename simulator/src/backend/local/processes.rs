use std::{
    collections::BTreeMap,
    fs,
    io::{self, Read},
    net::{IpAddr, Ipv4Addr},
    os::unix::{fs::OpenOptionsExt, process::ExitStatusExt},
    path::{Path, PathBuf},
    process::{ExitStatus, Stdio},
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, future::BoxFuture};
use rustix::process::Signal;
use tokio::time::timeout;

use super::{
    build::{Built, Executables, build},
    command_line::CommandLine,
    group::{Launch, Launcher, limit_files, signal},
    outside,
    ports::{free_port, is_free},
};
use crate::{
    backend::{
        Event, NodeError, Options, UpError,
        logs::{length, tail},
        runner::{self, Instance, NodeExit, Runner, Site, Started},
    },
    progress::Progress,
    topology::{Backend, Node, Program, StopSignal, Topology},
};

/// Time in which a program has to list its fail points.
const LISTED_WITHIN: Duration = Duration::from_secs(10);
/// Most bytes of such a list.
const LONGEST_LIST: u64 = 64 * 1024;

/// Runs each node as a process group of this machine.
#[derive(Debug)]
pub(in crate::backend) struct Processes {
    launcher: Launcher,
    executables: Arc<Executables>,
}

/// A node's process group, with the ports that it was given.
#[derive(Debug)]
struct Process {
    group: u32,
    ports: BTreeMap<String, u16>,
    check: Option<CheckCommand>,
    stop: Signal,
}

/// Command that says whether a node is ready.
#[derive(Debug)]
struct CheckCommand {
    launcher: Launcher,
    command: CommandLine,
    /// File that holds the output of the last check.
    output: PathBuf,
}

impl Processes {
    /// Starts the reaper and builds the cargo binaries of the topology.
    pub(in crate::backend) async fn prepare(
        topology: &Topology,
        options: &Options,
        progress: &dyn Progress<Event>,
    ) -> Result<Self, UpError> {
        let launcher = launcher(options)?;
        let own = topology.nodes().iter().filter(|_| topology.backend() == Backend::Local);
        for node in own {
            if let Program::Image = node.program {
                return Err(UpError::NotOnBackend {
                    node: node.name.clone(),
                    backend: Backend::Local,
                    reason: "it has an image and no program; give it a `command` or `cargo` too, or leave it out here \
                             with backend = \"containers\""
                        .to_owned(),
                });
            }
            for port in node.fixed_ports.values() {
                free(node, *port)?;
            }
        }
        let executables = match &options.built {
            Some(Built(executables)) => Arc::clone(executables),
            None => Arc::new(build(topology, options, &launcher, progress).await?),
        };
        Ok(Self { launcher, executables })
    }

    /// Starts and ends what `seam` runs beside the nodes.
    pub(in crate::backend) fn launcher(&self) -> &Launcher {
        &self.launcher
    }

    /// File that cargo built for a node, if its program is a cargo binary.
    pub(in crate::backend) fn executable(&self, node: &str) -> Option<&PathBuf> {
        self.executables.get(node)
    }

    async fn list_points(&self, node: &Node, site: &Site) -> Result<Vec<String>, NodeError> {
        let cannot_start = |source| NodeError::Start {
            node: node.name.clone(),
            source,
        };
        let command =
            CommandLine::new(node, site, &ports_for(node)?, self.executables.get(&node.name))?.listing_points();
        command.check_program(node, site)?;
        self.launcher.mark(&site.run).map_err(cannot_start)?;
        let output = site.log.with_extension("fail-points.log");
        let launch = Launch {
            stderr: launch(&command, &site.log, true).map_err(cannot_start)?.stderr,
            ..launch(&command, &output, false).map_err(cannot_start)?
        };
        let group = self.launcher.launch(launch).await.map_err(cannot_start)?;
        let ended = timeout(LISTED_WITHIN, group.wait()).await.map(exit);
        let listed = listed(&output).unwrap_or_default();
        let reason = match ended {
            _ if length(&output) > LONGEST_LIST => format!("it printed more than {LONGEST_LIST} bytes"),
            Ok(NodeExit::Status(0)) if !listed.is_empty() => return Ok(listed),
            Ok(ended) => format!("{ended}; it said: {}", tail(&site.log, 3).join(" ")),
            Err(_) => format!("it had not ended after {} s, and was killed", LISTED_WITHIN.as_secs()),
        };
        let words = [command.program.display().to_string()].into_iter().chain(command.args);
        Err(NodeError::NoPoints {
            node: node.name.clone(),
            asked: site.secrets.hide(&words.collect::<Vec<_>>().join(" ")),
            reason: site.secrets.hide(&reason),
        })
    }

    async fn start_process(&self, node: &Node, site: &Site) -> Result<Started, NodeError> {
        let cannot_start = |source| NodeError::Start {
            node: node.name.clone(),
            source,
        };
        if let Program::Outside { host, port } = &node.program {
            return outside::start(node, host, *port).await;
        }
        let ports = ports_for(node)?;
        let command = CommandLine::new(node, site, &ports, self.executables.get(&node.name))?;
        command.check_program(node, site)?;
        self.launcher.mark(&site.run).map_err(cannot_start)?;
        let check = command.check(node, site, &ports).map(|command| CheckCommand {
            launcher: self.launcher.clone(),
            command,
            output: site.log.with_extension("ready.log"),
        });
        if let Some(check) = &check {
            check.command.check_program(node, site)?;
        }
        let launch = self
            .launcher
            .launch(launch(&command, &site.log, true).map_err(cannot_start)?);
        let group = launch.await.map_err(cannot_start)?;
        let address = |(name, port): (&String, &u16)| (name.clone(), (Ipv4Addr::LOCALHOST, *port).into());
        Ok(Started {
            addresses: ports.iter().map(address).collect(),
            instance: Arc::new(Process {
                group: group.pid(),
                ports,
                check,
                stop: stop_signal(node.stop.signal),
            }),
            ended: group.wait().map(exit).boxed(),
        })
    }
}

/// Builds the cargo binaries of a topology, for all the times that it will be brought up.
pub(in crate::backend) async fn build_once(
    topology: &Topology,
    options: &Options,
    progress: &dyn Progress<Event>,
) -> Result<Built, UpError> {
    let executables = build(topology, options, &launcher(options)?, progress).await?;
    Ok(Built(Arc::new(executables)))
}

fn launcher(options: &Options) -> Result<Launcher, UpError> {
    let seam = options.seam.clone().unwrap_or_else(running_program);
    Launcher::start(&seam).map_err(|source| UpError::Reaper { program: seam, source })
}

impl CheckCommand {
    async fn run(&self) -> Result<(), String> {
        let failed = |error: io::Error| format!("it cannot be run: {error}");
        let launch = launch(&self.command, &self.output, false).map_err(failed)?;
        let group = self.launcher.launch(launch).await.map_err(failed)?;
        match exit(group.wait().await) {
            NodeExit::Status(0) => Ok(()),
            other => {
                let said = tail(&self.output, 3).join(" ");
                Err(format!(
                    "{other}; it said: {}",
                    if said.is_empty() { "nothing" } else { &said }
                ))
            }
        }
    }
}

/// The names that a program has printed, one a line.
fn listed(output: &Path) -> io::Result<Vec<String>> {
    let mut text = String::new();
    fs::File::open(output)?.take(LONGEST_LIST).read_to_string(&mut text)?;
    let lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    Ok(lines.map(str::to_owned).collect())
}

/// A command whose output goes to a file, after what is there or in its place.
fn launch<'a>(command: &'a CommandLine, output: &Path, append: bool) -> io::Result<Launch<'a>> {
    if !append && output.exists() {
        fs::File::create(output)?;
    }
    let open = || fs::File::options().create(true).append(true).mode(0o600).open(output);
    Ok(Launch {
        program: command.program.clone().into_os_string(),
        args: command.args.clone(),
        env: command.env.clone(),
        folder: &command.folder,
        stdout: Stdio::from(open()?),
        stderr: Stdio::from(open()?),
    })
}

impl Runner for Processes {
    fn open<'a>(&'a self, _: &'a str, _: &'a Path) -> BoxFuture<'a, Result<IpAddr, UpError>> {
        async { Ok(Ipv4Addr::LOCALHOST.into()) }.boxed()
    }

    fn close(&self) -> BoxFuture<'_, ()> {
        async {}.boxed()
    }

    fn trouble(&self) -> BoxFuture<'_, Option<String>> {
        async { None }.boxed()
    }

    fn lost(&self) -> BoxFuture<'_, String> {
        std::future::pending().boxed()
    }

    fn kept(&self) -> Option<String> {
        None
    }

    fn start<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Started, NodeError>> {
        self.start_process(node, site).boxed()
    }

    fn fail_points<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Vec<String>, NodeError>> {
        self.list_points(node, site).boxed()
    }

    fn run<'a>(&'a self, program: runner::Program<'a>) -> BoxFuture<'a, NodeExit> {
        let launch = async move {
            let (first, args) = program.words.split_first().ok_or(io::ErrorKind::InvalidInput)?;
            // A path leads from the folder, in which the launcher does not look.
            let is_path = first.contains('/');
            let first = if is_path {
                program.folder.join(first)
            } else {
                first.into()
            };
            let open = || {
                let log = fs::File::options();
                log.clone().create(true).append(true).mode(0o600).open(&program.log)
            };
            let launch = Launch {
                program: first.into_os_string(),
                args: args.to_vec(),
                env: program.env.clone(),
                folder: program.folder,
                stdout: Stdio::from(open()?),
                stderr: Stdio::from(open()?),
            };
            self.launcher.launch(launch).await?.wait().await
        };
        launch.map(exit).boxed()
    }
}

impl Instance for Process {
    fn pid(&self) -> Option<u32> {
        Some(self.group)
    }

    fn pause(&self) -> BoxFuture<'_, io::Result<()>> {
        signal(self.group, Signal::STOP);
        async { Ok(()) }.boxed()
    }

    fn resume(&self) -> BoxFuture<'_, ()> {
        signal(self.group, Signal::CONT);
        async {}.boxed()
    }

    fn fill_disk(&self, full: bool) -> io::Result<()> {
        limit_files(self.group, full)
    }

    fn stop(&self) {
        signal(self.group, self.stop);
        // A paused process takes no signal before it goes on.
        signal(self.group, Signal::CONT);
    }

    fn kill(&self) {
        signal(self.group, Signal::KILL);
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        match &self.check {
            Some(check) => check.run().boxed(),
            None => async { Ok(()) }.boxed(),
        }
    }

    fn lost_a_port(&self) -> bool {
        self.ports.values().any(|port| !is_free(*port))
    }
}

/// A port for each of the node's names: the fixed one, or any that is free.
fn ports_for(node: &Node) -> Result<BTreeMap<String, u16>, NodeError> {
    let port = |name: &String| match node.fixed_ports.get(name) {
        Some(fixed) => free(node, *fixed),
        None => free_port().map_err(|source| NodeError::Start {
            node: node.name.clone(),
            source,
        }),
    };
    node.ports.iter().map(|name| Ok((name.clone(), port(name)?))).collect()
}

/// A fixed port, if nobody listens on it.
fn free(node: &Node, port: u16) -> Result<u16, NodeError> {
    if is_free(port) {
        return Ok(port);
    }
    Err(NodeError::PortTaken {
        node: node.name.clone(),
        port,
    })
}

fn stop_signal(signal: StopSignal) -> Signal {
    match signal {
        StopSignal::Term => Signal::TERM,
        StopSignal::Int => Signal::INT,
        StopSignal::Quit => Signal::QUIT,
        StopSignal::Hup => Signal::HUP,
        StopSignal::Usr1 => Signal::USR1,
        StopSignal::Usr2 => Signal::USR2,
        StopSignal::Kill => Signal::KILL,
    }
}

fn exit(ended: io::Result<ExitStatus>) -> NodeExit {
    match ended {
        Ok(status) => match (status.code(), status.signal()) {
            (Some(code), _) => NodeExit::Status(code),
            (None, Some(signal)) => NodeExit::Signal(signal),
            (None, None) => NodeExit::Unseen("neither an exit status nor a signal".to_owned()),
        },
        Err(error) => NodeExit::Unseen(error.to_string()),
    }
}

/// Path of the running program, valid even if its file has been replaced since the start.
fn running_program() -> PathBuf {
    let linux = Path::new("/proc/self/exe");
    if linux.exists() {
        linux.to_owned()
    } else {
        std::env::current_exe().unwrap_or_else(|_| "seam".into())
    }
}
