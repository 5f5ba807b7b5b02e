use std::{fmt, io, path::PathBuf, time::Duration};

use thiserror::Error;

use super::{NodeState, Profile, status::seconds};
use crate::topology::Backend;

/// Failure to bring a topology up. Nothing of the topology runs any more.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpError {
    /// The run folder could not be created.
    #[error("cannot create a run folder in {}: {source}", folder.display())]
    RunFolder {
        /// Folder that was to hold it.
        folder: PathBuf,
        /// Reason given by the system.
        source: io::Error,
    },
    /// The process that kills nodes when `seam` is gone could not be started.
    #[error("cannot start {}, which kills the nodes should seam end early: {source}", program.display())]
    Reaper {
        /// Path of the program.
        program: PathBuf,
        /// Reason given by the system.
        source: io::Error,
    },
    /// Cargo could not be started.
    #[error(
        "cannot start cargo, which builds {}: {source}; install Rust from https://rustup.rs, or see `seam doctor`",
        binaries.join(", ")
    )]
    NoCargo {
        /// Binaries that were to be built.
        binaries: Vec<String>,
        /// Reason given by the system.
        source: io::Error,
    },
    /// Cargo failed to build the binaries.
    #[error("cargo could not build ({profile}) {}; its own messages are above", binaries.join(", "))]
    Build {
        /// Profile of the build.
        profile: Profile,
        /// Binaries that were to be built.
        binaries: Vec<String>,
    },
    /// The cargo workspace has no such binary.
    #[error(
        "node '{node}' wants binary '{bin}' of package '{package}', which the cargo workspace of {} does not have",
        folder.display()
    )]
    NoBinary {
        /// The node's name.
        node: String,
        /// Package named in the topology.
        package: String,
        /// Binary named in the topology.
        bin: String,
        /// Folder of the topology.
        folder: PathBuf,
    },
    /// A stable address could not be opened.
    #[error("cannot open an address for {address_of}: {source}; `seam doctor` checks loopback and open files")]
    Address {
        /// Endpoint (`node.port`) or link (`caller -> node:port`) that the address was for.
        address_of: String,
        /// Reason given by the system.
        source: io::Error,
    },
    /// Another run keeps its data in a named folder.
    #[error("data '{name}' of node '{node}' is in use by another run ({}); take that one down first", folder.display())]
    DataInUse {
        /// The node's name.
        node: String,
        /// Name of the data.
        name: String,
        /// Folder that holds it.
        folder: PathBuf,
    },
    /// A node can't run on the backend that was chosen.
    #[error("node '{node}' can't run on the backend {backend}: {reason}")]
    NotOnBackend {
        /// The node's name.
        node: String,
        /// Backend that was chosen.
        backend: Backend,
        /// Reason, and what to do.
        reason: String,
    },
    /// The Docker engine could not do its part.
    #[error("cannot {doing}: {reason}; {mend}")]
    Engine {
        /// Thing that it was to do.
        doing: String,
        /// Reason, mostly in the engine's words.
        reason: String,
        /// Advice.
        mend: &'static str,
    },
    /// The image of a node is neither there nor to be had.
    #[error(
        "node '{node}' runs the image {image}, which the Docker engine does not have and can't pull: {reason}; correct \
         the name, or put it there with `docker pull`, `docker load` or `docker build`"
    )]
    NoImage {
        /// The node's name.
        node: String,
        /// Name of the image.
        image: String,
        /// Reason given by the engine.
        reason: String,
    },
    /// A node did not become ready.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// Failure of one node of a topology.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The topology has no node of this name.
    #[error("no node is called '{name}'; the nodes are {}", known.join(", "))]
    Unknown {
        /// Name that was asked for.
        name: String,
        /// Names of the topology's nodes.
        known: Vec<String>,
    },
    /// The program is missing or not executable.
    #[error(
        "node '{node}' runs '{program}', and there is no such program in {}; install it, or correct the node's command",
        folder.as_ref().map_or_else(|| "PATH".to_owned(), |folder| folder.display().to_string())
    )]
    NoProgram {
        /// The node's name.
        node: String,
        /// Program as the topology names it.
        program: String,
        /// Folder from which its path leads; `None` for a program that is looked for in `PATH`.
        folder: Option<PathBuf>,
    },
    /// The program lists no fail points.
    #[error(
        "a fault has node '{node}' die at a point of its code, and `{asked}` lists none ({reason}); wanted one name a \
         line and status 0. simulator/FAULTS.md says how a program gets fail points"
    )]
    NoPoints {
        /// The node's name.
        node: String,
        /// Command that was to list them.
        asked: String,
        /// Status and last words of the command.
        reason: String,
    },
    /// The program has no such fail point.
    #[error("node '{node}' has no fail point {point:?}; its program lists {}", known.join(", "))]
    NoSuchPoint {
        /// The node's name.
        node: String,
        /// Point that was asked for.
        point: String,
        /// Points that it has.
        known: Vec<String>,
    },
    /// The working folder is missing.
    #[error("node '{node}' runs in {}, which is no folder; create it, or correct the node's folder", folder.display())]
    NoFolder {
        /// The node's name.
        node: String,
        /// Working folder of the node.
        folder: PathBuf,
    },
    /// Another program listens on a port that the topology fixes.
    #[error(
        "node '{node}' has the fixed port {port}, and another program listens there; end that one, or choose another"
    )]
    PortTaken {
        /// The node's name.
        node: String,
        /// Number of the port.
        port: u16,
    },
    /// The name of what runs elsewhere stands for no address.
    #[error("node '{node}' runs on '{host}', which has no address: {reason}")]
    NoAddress {
        /// The node's name.
        node: String,
        /// Name in the topology.
        host: String,
        /// Reason given by the system.
        reason: String,
    },
    /// The program could not be started.
    #[error("cannot start node '{node}': {source}")]
    Start {
        /// The node's name.
        node: String,
        /// Reason given by the system.
        source: io::Error,
    },
    /// The node ended before it was ready.
    #[error("node '{node}' ended before it was ready ({how}){log}")]
    Died {
        /// The node's name.
        node: String,
        /// Exit status or signal, as text.
        how: String,
        /// End of the node's log.
        log: Box<LogEnd>,
    },
    /// A node that runs once ended with another status than 0. What needs it was not started.
    #[error("node '{node}' runs once and failed ({how}); what needs it was not started{log}")]
    Failed {
        /// The node's name.
        node: String,
        /// Exit status or signal, as text.
        how: String,
        /// End of the node's log.
        log: Box<LogEnd>,
    },
    /// The node ran, but did not become ready in time.
    #[error(
        "node '{node}' was not ready after {} (`within_ms` of its `ready` gives it more); last check: \
         {last_check}{log}",
        seconds(*within)
    )]
    NotReady {
        /// The node's name.
        node: String,
        /// Time that the topology allows.
        within: Duration,
        /// Last readiness check with its result.
        last_check: String,
        /// End of the node's log.
        log: Box<LogEnd>,
    },
    /// The node is no process of this machine, so it cannot stand still.
    #[error("node '{node}' runs elsewhere and can't be paused here; lay a fault on the links to it")]
    Elsewhere {
        /// The node's name.
        node: String,
    },
    /// The node could not be made to stand still.
    #[error("node '{node}' can't be paused: {source}; `seam doctor` says what the Docker engine lacks")]
    Pause {
        /// The node's name.
        node: String,
        /// The reason, from the engine.
        source: std::io::Error,
    },
    /// The system did not take the limit that refuses the node its writes, or gives them back.
    #[error("node '{node}' can't be given a limit on its files (RLIMIT_FSIZE): {source}")]
    Disk {
        /// The node's name.
        node: String,
        /// The reason, from the system.
        source: std::io::Error,
    },
    /// The node does not run, so it cannot be ended.
    #[error("node '{node}' does not run: it is {state}")]
    NotRunning {
        /// The node's name.
        node: String,
        /// State of the node.
        state: NodeState,
    },
    /// The topology goes down, and nothing is started any more.
    #[error("node '{node}' cannot be started: the topology goes down")]
    GoingDown {
        /// The node's name.
        node: String,
    },
}

impl NodeError {
    /// True if the topology could not be tried at all: a program is missing, or what prepares it failed. False if
    /// a node was tried and found wanting.
    pub fn could_not_run(&self) -> bool {
        matches!(
            self,
            Self::Unknown { .. }
                | Self::NoProgram { .. }
                | Self::NoFolder { .. }
                | Self::PortTaken { .. }
                | Self::NoAddress { .. }
                | Self::Start { .. }
                | Self::Failed { .. }
        )
    }
}

/// End of the log of a node that did not become ready.
#[derive(Debug)]
pub struct LogEnd {
    /// Last lines of the log.
    pub tail: Vec<String>,
    /// Path of the whole log.
    pub path: PathBuf,
    /// Reason why the log can't grow, if it can't.
    pub trouble: Option<String>,
}

impl fmt::Display for LogEnd {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.tail.is_empty() {
            write!(f, "; its log is empty: {}", self.path.display())?;
        } else {
            let lines: String = self.tail.iter().map(|line| format!("\n    {line}")).collect();
            write!(f, "; its last lines:{lines}\n  the whole log: {}", self.path.display())?;
        }
        match &self.trouble {
            Some(reason) => write!(f, "; nothing can be written there ({reason}), so lines are missing"),
            None => Ok(()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_log_that_could_not_be_written_is_said_with_the_reason() {
        let died = |trouble: Option<&str>| NodeError::Died {
            node: "web".to_owned(),
            how: "exit status 1".to_owned(),
            log: Box::new(LogEnd {
                tail: Vec::new(),
                path: "logs/web.log".into(),
                trouble: trouble.map(str::to_owned),
            }),
        };
        let said = "node 'web' ended before it was ready (exit status 1); its log is empty: logs/web.log";
        assert_eq!(died(None).to_string(), said);
        assert_eq!(
            died(Some("No space left on device")).to_string(),
            format!("{said}; nothing can be written there (No space left on device), so lines are missing")
        );
    }
}
