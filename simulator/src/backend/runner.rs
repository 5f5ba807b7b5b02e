use std::{
    collections::BTreeMap,
    fmt, io,
    net::{IpAddr, SocketAddr},
    path::{Path, PathBuf},
    sync::Arc,
};

use futures::future::BoxFuture;

use super::{NodeError, UpError, crash::CrashPoint};
use crate::topology::{Endpoint, Node, Secrets};

/// Runs nodes: as child processes, or in whatever else can be started, stopped, killed and awaited.
pub(super) trait Runner: fmt::Debug + Send + Sync {
    /// Makes the place of a run with this id and folder, and returns the address at which nodes reach their links.
    ///
    /// # Errors
    /// When it can't be made. What there is of it goes with [`Runner::close`].
    fn open<'a>(&'a self, run: &'a str, folder: &'a Path) -> BoxFuture<'a, Result<IpAddr, UpError>>;

    /// Removes the place of the run with all that is in it, once no node runs.
    fn close(&self) -> BoxFuture<'_, ()>;

    /// Reason why nothing can be said of the nodes, such as an engine that is gone. `None` as long as all is well.
    fn trouble(&self) -> BoxFuture<'_, Option<String>>;

    /// Returns such a reason as soon as one is noticed.
    fn lost(&self) -> BoxFuture<'_, String>;

    /// Advice on how to look at what [`Runner::close`] keeps, for people; `None` if that is the run's folder alone.
    fn kept(&self) -> Option<String>;

    /// Starts a node and returns as soon as it runs, ready or not. A node that has ended may be started again;
    /// its ports may then be elsewhere. Output of the node is appended to [`Site::log`].
    ///
    /// # Errors
    /// When the node's program is missing or cannot be started. Nothing of the node runs then.
    fn start<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Started, NodeError>>;

    /// Asks the program of a node for the names of its fail points, before the node is started: it is run with
    /// `--fail-points` after all its arguments, and prints one a line.
    ///
    /// # Errors
    /// When the program is missing, can't be started, or lists none.
    fn fail_points<'a>(&'a self, node: &'a Node, site: &'a Site) -> BoxFuture<'a, Result<Vec<String>, NodeError>>;

    /// Runs a program to its end, in a place from which it reaches the front doors. Dropped before, it kills the
    /// program with all that it started.
    fn run<'a>(&'a self, program: Program<'a>) -> BoxFuture<'a, NodeExit>;
}

/// Program that runs beside the nodes, to its end.
#[derive(Debug)]
pub(super) struct Program<'a> {
    /// The program and its arguments.
    pub(super) words: &'a [String],
    pub(super) folder: &'a Path,
    /// Environment variables, added to those that `seam` was started with.
    pub(super) env: Vec<(String, String)>,
    /// File that collects its output.
    pub(super) log: PathBuf,
}

/// Surroundings of a node, the same for each of its starts.
#[derive(Debug)]
pub(super) struct Site {
    /// Folder for the node's own data.
    pub(super) data: PathBuf,
    /// File that collects the node's output.
    pub(super) log: PathBuf,
    /// The `host:port` under which the node reaches each endpoint that it has a link to.
    pub(super) links: BTreeMap<Endpoint, String>,
    /// Values that no message may show.
    pub(super) secrets: Secrets,
    /// Id of the run, which every node finds in its environment as `SEAM_RUN`.
    pub(super) run: String,
    /// Point in its code at which the node can be made to die, if a fault is to do that.
    pub(super) crash: Option<CrashPoint>,
}

/// Result of one start of a node.
pub(super) struct Started {
    /// Handle to end the node with.
    pub(super) instance: Arc<dyn Instance>,
    /// Real address of each of the node's ports, by the port's name. Empty for a node without ports.
    pub(super) addresses: BTreeMap<String, SocketAddr>,
    /// Resolves when nothing of the node runs any more. Dropped before that, it kills the node.
    pub(super) ended: BoxFuture<'static, NodeExit>,
}

/// A node that was started once. [`Started::ended`] reports its end.
pub(super) trait Instance: fmt::Debug + Send + Sync {
    /// Process id on this machine, if there is one to name.
    fn pid(&self) -> Option<u32>;

    /// Makes everything in the node stand still.
    ///
    /// # Errors
    /// When it can't; [`io::ErrorKind::Unsupported`] if it never can.
    fn pause(&self) -> BoxFuture<'_, io::Result<()>>;

    /// Lets what was paused go on.
    fn resume(&self) -> BoxFuture<'_, ()>;

    /// Refuses the node every write to a file, or allows it again, and returns at once.
    ///
    /// # Errors
    /// When the system does not take the limit, or has none.
    fn fill_disk(&self, full: bool) -> io::Result<()>;

    /// Asks the node to end, paused or not, and returns at once.
    fn stop(&self);

    /// Kills the node with everything that it started and returns at once. `Drop` calls it too, so it must not await.
    fn kill(&self);

    /// Runs the command of the node's `ready` once, as the node itself runs. `Err` says what came back instead of
    /// status 0. Dropped before its end, the command is killed. A node without such a command is as it should be.
    fn check(&self) -> BoxFuture<'_, Result<(), String>>;

    /// True if the node may have ended because another program took one of its ports. A new start could then succeed.
    fn lost_a_port(&self) -> bool;
}

/// End of a node.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum NodeExit {
    /// The program returned this status.
    Status(i32),
    /// This signal ended the program.
    Signal(i32),
    /// The end could not be observed, for this reason.
    Unseen(String),
}

impl NodeExit {
    /// True if the program says that all went well.
    pub(super) fn is_success(&self) -> bool {
        *self == Self::Status(0)
    }
}

impl fmt::Display for NodeExit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Status(code) => write!(f, "exit status {code}"),
            Self::Signal(signal) => write!(f, "signal {signal}{}", signal_name(*signal)),
            Self::Unseen(reason) => write!(f, "its end could not be seen: {reason}"),
        }
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
