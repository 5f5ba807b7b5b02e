//! One node's container, over all its starts.

use std::{
    collections::{BTreeMap, HashMap},
    fs::{self, File},
    io::{self, Write},
    net::{IpAddr, SocketAddr},
    os::unix::fs::{OpenOptionsExt, PermissionsExt},
    path::Path,
    sync::Arc,
    time::Duration,
};

use futures::{FutureExt, StreamExt, future::BoxFuture};
use testcontainers::bollard::{
    Docker, body_full,
    container::AttachContainerResults,
    errors::Error,
    models::{ContainerCreateBody, HostConfig, HostConfigLogConfig, VolumeCreateRequest},
    query_parameters::{
        AttachContainerOptionsBuilder, CreateContainerOptionsBuilder, InspectContainerOptions,
        KillContainerOptionsBuilder, StartContainerOptions, UploadToContainerOptionsBuilder,
        WaitContainerOptionsBuilder,
    },
};
use tokio::{
    runtime::Handle,
    sync::{Notify, watch},
    task::JoinHandle,
    time::{sleep, timeout},
};

use super::{
    archive::{Access, Archive},
    engine::said,
    exec,
    labels::{self, Labels},
    runner::DATA,
};
use crate::{
    backend::{
        local::RUN,
        runner::{Instance, NodeExit, Site, Started},
    },
    topology::{Node, PlaceholderValues, ReadyProbe, StopSignal},
};

/// Address on which nodes listen: all that their container has.
const HOST: &str = "0.0.0.0";
/// Folder of the files of fail points in a container.
const POINTS: &str = "/fail-points";
/// Time for the last output of a container that has ended.
const LAST_OUTPUT_WITHIN: Duration = Duration::from_secs(2);
/// Time in which an engine that works has ended a container that it was told to kill.
const KILLED_WITHIN: Duration = Duration::from_secs(30);

/// Container of a node, before and while it is there.
pub(super) struct Container<'a> {
    pub(super) docker: &'a Docker,
    pub(super) node: &'a Node,
    pub(super) site: &'a Site,
    pub(super) image: &'a str,
    pub(super) ports: &'a BTreeMap<String, u16>,
    pub(super) name: String,
    pub(super) network: &'a str,
    pub(super) labels: &'a Labels,
}

/// Container that was made.
pub(super) struct Made {
    pub(super) id: String,
    /// Set once the engine could not say what became of it.
    pub(super) lost: Arc<watch::Sender<bool>>,
}

impl Container<'_> {
    /// True if the engine still has the container of this id.
    pub(super) async fn is_there(&self, id: &str) -> bool {
        let inspected = self.docker.inspect_container(id, None::<InspectContainerOptions>);
        inspected.await.is_ok()
    }

    /// Makes the container with its volume and its files, and returns its id.
    ///
    /// # Errors
    /// When the engine refuses, or a file can't be read.
    pub(super) async fn make(&self) -> Result<String, String> {
        let mut labels = self.labels.clone();
        labels.insert(labels::NODE.to_owned(), self.node.name.clone());
        let volume = VolumeCreateRequest {
            name: Some(self.name.clone()),
            labels: Some(labels.clone()),
            ..VolumeCreateRequest::default()
        };
        self.docker.create_volume(volume).await.map_err(|error| said(&error))?;
        let options = CreateContainerOptionsBuilder::default().name(&self.name).build();
        let made = self.docker.create_container(Some(options), self.body(labels)?);
        let id = made.await.map_err(|error| said(&error))?.id;
        for (place, archive) in self.archives()? {
            let into = UploadToContainerOptionsBuilder::default().path(place).build();
            let uploaded = self
                .docker
                .upload_to_container(&id, Some(into), body_full(archive.into()));
            uploaded.await.map_err(|error| said(&error))?;
        }
        Ok(id)
    }

    fn body(&self, labels: Labels) -> Result<ContainerCreateBody, String> {
        let values = self.values();
        let env = self
            .node
            .env
            .iter()
            .map(|(name, value)| format!("{name}={}", value.render(&values)));
        let point = self
            .site
            .crash
            .iter()
            .flat_map(|point| point.variables_in(Path::new(POINTS)));
        let own = [(RUN.to_owned(), self.site.run.clone())].into_iter().chain(point);
        let own = own.map(|(name, value)| format!("{name}={value}"));
        let args: Vec<String> = self.node.args.iter().map(|arg| arg.render(&values)).collect();
        Ok(ContainerCreateBody {
            hostname: Some(self.node.name.clone()),
            image: Some(self.image.to_owned()),
            env: Some(env.chain(own).collect()),
            cmd: (!args.is_empty()).then_some(args),
            labels: Some(labels),
            host_config: Some(self.limits()?),
            ..ContainerCreateBody::default()
        })
    }

    /// What the container may do, and where its data is. An image of somebody else may do what images may.
    fn limits(&self) -> Result<HostConfig, String> {
        let log = HashMap::from([("max-size".to_owned(), "10m".to_owned())]);
        let mut binds = vec![format!("{}:{DATA}", self.name)];
        if let Some(point) = &self.site.crash {
            let folder = point.folder();
            share(folder).map_err(|error| format!("{} can't be shared with it: {error}", folder.display()))?;
            // Its own label, where the system separates containers from other files.
            binds.push(format!("{}:{POINTS}:z", folder.display()));
        }
        let all = HostConfig {
            network_mode: Some(self.network.to_owned()),
            binds: Some(binds),
            log_config: Some(HostConfigLogConfig {
                typ: Some("json-file".to_owned()),
                config: Some(log),
            }),
            ..HostConfig::default()
        };
        if self.node.image.is_some() {
            return Ok(all);
        }
        Ok(HostConfig {
            // Else it would be process 1, which takes no signal that it has no handler for.
            init: Some(true),
            readonly_rootfs: Some(true),
            tmpfs: Some(HashMap::from([("/tmp".to_owned(), "mode=1777".to_owned())])),
            cap_drop: Some(vec!["ALL".to_owned()]),
            security_opt: Some(vec!["no-new-privileges".to_owned()]),
            ..all
        })
    }

    /// What is put into the container, by the folder that it is put into.
    fn archives(&self) -> Result<Vec<(&'static str, Vec<u8>)>, String> {
        let Some(image) = &self.node.image else {
            return Ok(Vec::new());
        };
        // Whoever the image runs as, the volume is for that one.
        let mut data = Archive::default();
        data.folder(".", Access { owner: 0, mode: 0o1777 })?;
        let mut files = Archive::default();
        for (path, own) in &image.files {
            let failed = |error: io::Error| format!("{} can't be read: {error}", own.display());
            let mode = fs::metadata(own).map_err(failed)?.permissions().mode() & 0o777;
            let content = fs::read(own).map_err(failed)?;
            files.file(path, Access { owner: 0, mode }, &content)?;
        }
        Ok(vec![(DATA, data.finish()), ("/", files.finish())])
    }

    fn values(&self) -> PlaceholderValues<'_> {
        PlaceholderValues {
            data: Path::new(DATA),
            host: HOST,
            ports: self.ports,
            links: &self.site.links,
        }
    }

    /// Starts the container, for the first time or again.
    ///
    /// # Errors
    /// When the engine refuses, or the log can't be opened.
    pub(super) async fn start(&self, made: Made) -> Result<Started, String> {
        let Made { id, lost } = made;
        let log = File::options()
            .create(true)
            .append(true)
            .mode(0o600)
            .open(&self.site.log);
        let log = log.map_err(|error| format!("{} can't be written: {error}", self.site.log.display()))?;
        let options = AttachContainerOptionsBuilder::default();
        let options = options.stream(true).stdout(true).stderr(true).build();
        // First, so that no line is missed.
        let output = self.docker.attach_container(&id, Some(options)).await;
        let output = tokio::spawn(copy(output.map_err(|error| said(&error))?, log));
        let started = self.docker.start_container(&id, None::<StartContainerOptions>).await;
        if let Err(error) = started {
            output.abort();
            return Err(said(&error));
        }
        let control = Arc::new(Control {
            docker: self.docker.clone(),
            id,
            runtime: Handle::current(),
            killed: Notify::new(),
            lost,
        });
        let kill_if_dropped = KillIfDropped(Some(Arc::clone(&control)));
        let (pid, address) = control.whereabouts(self.network).await;
        let address = |(name, port): (&String, &u16)| Some((name.clone(), SocketAddr::new(address?, *port)));
        let addresses = self.ports.iter().filter_map(address).collect();
        Ok(Started {
            addresses,
            ended: ended(kill_if_dropped, output).boxed(),
            instance: Arc::new(Running {
                control,
                pid,
                stop: signal_name(self.node.stop.signal),
                check: self.check(),
            }),
        })
    }

    /// Words of the command that says whether the node is ready.
    fn check(&self) -> Option<Vec<String>> {
        let ReadyProbe::Command { program, args } = &self.node.ready.probe else {
            return None;
        };
        let values = self.values();
        Some(
            [program]
                .into_iter()
                .chain(args)
                .map(|word| word.render(&values))
                .collect(),
        )
    }
}

/// The way to a container that was started.
#[derive(Debug)]
pub(super) struct Control {
    pub(super) docker: Docker,
    pub(super) id: String,
    runtime: Handle,
    /// Told when the container is killed.
    killed: Notify,
    lost: Arc<watch::Sender<bool>>,
}

impl Control {
    /// Process id and address of the container, as long as it runs.
    async fn whereabouts(&self, network: &str) -> (Option<u32>, Option<IpAddr>) {
        let inspected = self.docker.inspect_container(&self.id, None::<InspectContainerOptions>);
        let Ok(inspected) = inspected.await else {
            return (None, None);
        };
        let pid = inspected.state.and_then(|state| u32::try_from(state.pid?).ok());
        let networks = inspected.network_settings.and_then(|settings| settings.networks);
        let address = networks.and_then(|networks| networks.get(network)?.ip_address.as_deref()?.parse().ok());
        (pid.filter(|pid| *pid != 0), address)
    }

    async fn signal(&self, name: &str) -> Result<(), Error> {
        let options = KillContainerOptionsBuilder::default().signal(name).build();
        self.docker.kill_container(&self.id, Some(options)).await
    }

    fn kill(self: &Arc<Self>) {
        self.killed.notify_one();
        let control = Arc::clone(self);
        self.runtime.spawn(async move {
            // One that is gone needs no signal; an engine takes none for a paused one, or lets it go on by itself.
            if control.signal("SIGKILL").await.is_err() {
                let _ = control.docker.unpause_container(&control.id).await;
                let _ = control.signal("SIGKILL").await;
            }
        });
    }

    /// Waits for the end of the container.
    async fn end(&self) -> NodeExit {
        let unseen = |reason: &str| {
            self.lost.send_replace(true);
            NodeExit::Unseen(format!("the Docker engine says no more: {reason}"))
        };
        loop {
            let options = WaitContainerOptionsBuilder::default().condition("not-running").build();
            let mut ends = self.docker.wait_container(&self.id, Some(options)).boxed();
            return match ends.next().await {
                Some(Ok(end)) => exit(end.status_code),
                Some(Err(Error::DockerContainerWaitError { code, .. })) => exit(code),
                Some(Err(Error::RequestTimeoutError)) => continue,
                Some(Err(error)) => unseen(&said(&error)),
                None => unseen("it hung up"),
            };
        }
    }
}

/// Kills a container that nobody waits for any more.
struct KillIfDropped(Option<Arc<Control>>);

impl Drop for KillIfDropped {
    fn drop(&mut self) {
        if let Some(control) = &self.0 {
            control.kill();
        }
    }
}

/// Waits for the end of a container and of its output.
async fn ended(mut guard: KillIfDropped, output: JoinHandle<()>) -> NodeExit {
    let Some(control) = guard.0.clone() else {
        return NodeExit::Unseen("nobody waits for it".to_owned());
    };
    let overdue = async {
        control.killed.notified().await;
        sleep(KILLED_WITHIN).await;
    };
    let exit = tokio::select! {
        exit = control.end() => exit,
        () = overdue => {
            control.lost.send_replace(true);
            NodeExit::Unseen(format!("it was killed, and the Docker engine said nothing for {KILLED_WITHIN:?}"))
        }
    };
    guard.0 = None;
    let aborted = output.abort_handle();
    if timeout(LAST_OUTPUT_WITHIN, output).await.is_err() {
        aborted.abort();
    }
    exit
}

/// Makes a folder that whoever a container runs as may write. Nobody else reaches it within the folder of the run.
fn share(folder: &Path) -> io::Result<()> {
    fs::create_dir_all(folder)?;
    fs::set_permissions(folder, fs::Permissions::from_mode(0o777))
}

/// Appends what a container prints to a log.
async fn copy(mut attached: AttachContainerResults, mut log: File) {
    while let Some(Ok(piece)) = attached.output.next().await {
        // On a full disk lines are missing, as they are for a process that writes its log itself.
        let _ = log.write_all(piece.as_ref());
    }
}

/// End of a container: the engine gives a signal as 128 and its number.
fn exit(status: i64) -> NodeExit {
    match i32::try_from(status) {
        Ok(signal @ 129..=159) => NodeExit::Signal(signal - 128),
        Ok(status) => NodeExit::Status(status),
        Err(_) => NodeExit::Unseen(format!("the Docker engine says exit status {status}")),
    }
}

fn signal_name(signal: StopSignal) -> &'static str {
    match signal {
        StopSignal::Term => "SIGTERM",
        StopSignal::Int => "SIGINT",
        StopSignal::Quit => "SIGQUIT",
        StopSignal::Hup => "SIGHUP",
        StopSignal::Usr1 => "SIGUSR1",
        StopSignal::Usr2 => "SIGUSR2",
        StopSignal::Kill => "SIGKILL",
    }
}

/// A node whose container runs.
#[derive(Debug)]
struct Running {
    control: Arc<Control>,
    pid: Option<u32>,
    stop: &'static str,
    check: Option<Vec<String>>,
}

impl Instance for Running {
    fn pid(&self) -> Option<u32> {
        self.pid
    }

    fn pause(&self) -> BoxFuture<'_, io::Result<()>> {
        let paused = self.control.docker.pause_container(&self.control.id);
        paused
            .map(|paused| paused.map_err(|error| io::Error::other(said(&error))))
            .boxed()
    }

    fn resume(&self) -> BoxFuture<'_, ()> {
        self.control
            .docker
            .unpause_container(&self.control.id)
            .map(drop)
            .boxed()
    }

    fn fill_disk(&self, _: bool) -> io::Result<()> {
        Err(io::Error::other("the volume of a container has no limit here"))
    }

    fn stop(&self) {
        let (control, signal) = (Arc::clone(&self.control), self.stop);
        self.control.runtime.spawn(async move {
            // A paused container takes no signal before it goes on.
            let _ = control.docker.unpause_container(&control.id).await;
            let _ = control.signal(signal).await;
        });
    }

    fn kill(&self) {
        self.control.kill();
    }

    fn check(&self) -> BoxFuture<'_, Result<(), String>> {
        match &self.check {
            Some(words) => exec::run(&self.control, words).boxed(),
            None => async { Ok(()) }.boxed(),
        }
    }

    fn lost_a_port(&self) -> bool {
        false
    }
}
