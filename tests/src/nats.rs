use std::{
    fs,
    net::SocketAddr,
    path::{Path, PathBuf},
    process::{Child, Command, Stdio},
    sync::{
        Mutex, MutexGuard, PoisonError,
        atomic::{AtomicU64, Ordering},
    },
    time::{Duration, Instant},
};

use serde_json::Value;
use tempfile::TempDir;
use testcontainers::{ContainerAsync, GenericImage, ImageExt, core::IntoContainerPort, runners::AsyncRunner};

/// Time limit of a start.
const PATIENCE: Duration = Duration::from_secs(30);
/// Seconds after which a server ends, whatever became of its test.
const LONGEST: &str = "1800";

/// A NATS server with JetStream, until it is dropped. It can be killed, and started again on its data at another port.
#[derive(Debug)]
pub struct Nats {
    kind: Kind,
    address: Mutex<Option<SocketAddr>>,
    prefixes: AtomicU64,
}

#[derive(Debug)]
enum Kind {
    Process {
        folder: TempDir,
        server: Mutex<Option<Server>>,
    },
    Container(Box<ContainerAsync<GenericImage>>),
}

#[derive(Debug)]
struct Server {
    pid: String,
    child: Child,
}

impl Nats {
    /// Starts `nats-server`; `None`, said on stderr, if no folder in `PATH` has it.
    ///
    /// # Panics
    /// If it does not start in 30 s.
    pub async fn start() -> Option<Self> {
        let folders = std::env::var_os("PATH").unwrap_or_default();
        if !std::env::split_paths(&folders).any(|folder| folder.join("nats-server").is_file()) {
            eprintln!("left out: what needs a broker, since no folder in PATH has a nats-server");
            return None;
        }
        let nats = Self::new(Kind::Process {
            folder: crate::equivalence::folder().expect("a folder can be made"),
            server: Mutex::default(),
        });
        nats.revive().await;
        Some(nats)
    }

    /// Starts `nats:2` in a container.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn in_container() -> Self {
        let container = GenericImage::new("nats", "2")
            .with_exposed_port(4222.tcp())
            .with_cmd(["-js", "-sd", "/data"])
            .start()
            .await
            .expect("a nats:2 container starts");
        let nats = Self::new(Kind::Container(Box::new(container)));
        nats.wait_for_container().await;
        nats
    }

    fn new(kind: Kind) -> Self {
        Self {
            kind,
            address: Mutex::default(),
            prefixes: AtomicU64::new(0),
        }
    }

    /// The address at which it listens; `None` while it does not run.
    pub fn address(&self) -> Option<SocketAddr> {
        *lock(&self.address)
    }

    /// A prefix that nobody else has on this server.
    pub fn prefix(&self) -> String {
        format!("seam{}", self.prefixes.fetch_add(1, Ordering::Relaxed))
    }

    /// The folder with the data, of a server that is not in a container.
    pub fn data(&self) -> Option<PathBuf> {
        match &self.kind {
            Kind::Process { folder, .. } => Some(folder.path().join("data")),
            Kind::Container(_) => None,
        }
    }

    /// Ends it as by `kill -9`.
    pub async fn kill(&self) {
        *lock(&self.address) = None;
        match &self.kind {
            Kind::Process { server, .. } => drop(lock(server).take()),
            Kind::Container(container) => {
                let stopped = container.stop_with_timeout(Some(0)).await;
                stopped.expect("the nats:2 container stops");
            }
        }
    }

    /// Starts it again on the data that it left.
    ///
    /// # Panics
    /// If it does not start.
    pub async fn revive(&self) {
        match &self.kind {
            Kind::Process { folder, server } => {
                let (started, address) = serve(folder.path()).await;
                *lock(server) = Some(started);
                *lock(&self.address) = Some(address);
            }
            Kind::Container(container) => {
                container.start().await.expect("the nats:2 container starts again");
                self.wait_for_container().await;
            }
        }
    }

    /// Waits until the container's server greets a client; the engine's own port takes connections before.
    async fn wait_for_container(&self) {
        let Kind::Container(container) = &self.kind else { return };
        let greets = async || {
            let port = container.get_host_port_ipv4(4222).await.ok()?;
            let address = SocketAddr::from(([127, 0, 0, 1], port));
            let stream = tokio::net::TcpStream::connect(address).await.ok()?;
            let mut first = [0; 4];
            let greeted = tokio::time::timeout(Duration::from_secs(1), stream.readable()).await;
            greeted.ok()?.ok()?;
            (stream.try_read(&mut first).ok()? == 4 && &first == b"INFO").then_some(address)
        };
        let address = poll("a nats:2 container greets", greets).await;
        *lock(&self.address) = Some(address);
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // The process started is `timeout`, which ends with the server.
        let _ = Command::new("kill")
            .args(["-9", &self.pid])
            .stderr(Stdio::null())
            .status();
        let _ = self.child.wait();
    }
}

async fn serve(folder: &Path) -> (Server, SocketAddr) {
    let ports = folder.join("ports");
    let _ = fs::remove_dir_all(&ports);
    fs::create_dir_all(&ports).expect("a folder can be made");
    let log = fs::File::create(folder.join("log")).expect("a file can be made");
    let child = Command::new("timeout")
        .args([
            "-s",
            "KILL",
            LONGEST,
            "nats-server",
            "-a",
            "127.0.0.1",
            "-p",
            "-1",
            "-js",
            "-sd",
        ])
        .arg(folder.join("data"))
        .arg("--ports_file_dir")
        .arg(&ports)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .stderr(log)
        .spawn()
        .expect("nats-server starts");
    let found = async || {
        let file = fs::read_dir(&ports).ok()?.next()?.ok()?.path();
        let pid = file.file_stem()?.to_str()?.strip_prefix("nats-server_")?.to_owned();
        let told: Value = serde_json::from_slice(&fs::read(&file).ok()?).ok()?;
        let address = told["nats"][0].as_str()?.strip_prefix("nats://")?.parse().ok()?;
        Some((pid, address))
    };
    let (pid, address) = poll("nats-server says its port", found).await;
    (Server { pid, child }, address)
}

async fn poll<T>(what: &str, look: impl AsyncFn() -> Option<T>) -> T {
    let deadline = Instant::now() + PATIENCE;
    loop {
        if let Some(found) = look().await {
            return found;
        }
        assert!(Instant::now() < deadline, "not in {PATIENCE:?}: {what}");
        tokio::time::sleep(Duration::from_millis(5)).await;
    }
}

fn lock<T>(what: &Mutex<T>) -> MutexGuard<'_, T> {
    what.lock().unwrap_or_else(PoisonError::into_inner)
}
