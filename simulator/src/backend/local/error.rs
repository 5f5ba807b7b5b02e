use std::{io, path::PathBuf, time::Duration};

use thiserror::Error;

use crate::backend::{Profile, status::seconds};

/// Why a topology did not come up. Nothing of it runs any more.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum UpError {
    /// The folder of the run can't be made.
    #[error("cannot make a folder for the run in {}: {source}", folder.display())]
    RunFolder {
        /// Where it should have stood.
        folder: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// The process that watches over the nodes can't be started.
    #[error("cannot start {}, which watches over the nodes: {source}", program.display())]
    Reaper {
        /// The program.
        program: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// Cargo can't be started.
    #[error("cannot start cargo, which builds {}: {source}; install Rust from https://rustup.rs, or see `seam doctor`", binaries.join(", "))]
    NoCargo {
        /// What was to be built.
        binaries: Vec<String>,
        /// Why.
        source: io::Error,
    },
    /// Cargo did not build everything.
    #[error("cargo could not build ({profile}) {}; what it said stands above", binaries.join(", "))]
    Build {
        /// The profile.
        profile: Profile,
        /// What was to be built.
        binaries: Vec<String>,
    },
    /// The workspace has no such binary.
    #[error("node '{node}' wants binary '{bin}' of package '{package}', which the cargo workspace of {} does not have", folder.display())]
    NoBinary {
        /// The node.
        node: String,
        /// The package.
        package: String,
        /// The binary.
        bin: String,
        /// The folder of the topology.
        folder: PathBuf,
    },
    /// A link gets no address.
    #[error("cannot open the address of {endpoint}: {source}")]
    Link {
        /// Whom it leads to.
        endpoint: String,
        /// Why.
        source: io::Error,
    },
    /// A node did not become ready.
    #[error(transparent)]
    Node(#[from] NodeError),
}

/// What went wrong with one node.
#[derive(Debug, Error)]
#[non_exhaustive]
pub enum NodeError {
    /// The topology has no such node.
    #[error("no node is called '{name}'; the nodes are {}", known.join(", "))]
    Unknown {
        /// The name seen.
        name: String,
        /// The nodes there are.
        known: Vec<String>,
    },
    /// Its program is not there.
    #[error("node '{node}' runs '{program}', and there is no such program{}", if program.contains('/') { "" } else { " in PATH" })]
    NoProgram {
        /// The node.
        node: String,
        /// The program.
        program: String,
    },
    /// It can't be started.
    #[error("cannot start node '{node}': {source}")]
    Start {
        /// The node.
        node: String,
        /// Why.
        source: io::Error,
    },
    /// It ended before it was ready.
    #[error("node '{node}' ended before it was ready ({how}){}", said(tail, log))]
    Died {
        /// The node.
        node: String,
        /// Its exit status or signal.
        how: String,
        /// The last lines of its log.
        tail: Vec<String>,
        /// The whole log.
        log: PathBuf,
    },
    /// It was not ready in time.
    #[error("node '{node}' was not ready after {}; asked last, it said: {answer}{}", seconds(*within), said(tail, log))]
    NotReady {
        /// The node.
        node: String,
        /// How long it had.
        within: Duration,
        /// What came back last.
        answer: String,
        /// The last lines of its log.
        tail: Vec<String>,
        /// The whole log.
        log: PathBuf,
    },
    /// There is no process to do this to.
    #[error("node '{node}' does not run: it is {state}")]
    NotRunning {
        /// The node.
        node: String,
        /// How it is.
        state: String,
    },
    /// The topology goes down.
    #[error("node '{node}' cannot be started: the topology goes down")]
    GoingDown {
        /// The node.
        node: String,
    },
}

fn said(tail: &[String], log: &std::path::Path) -> String {
    if tail.is_empty() {
        return format!("; its log is empty: {}", log.display());
    }
    let lines: String = tail.iter().map(|line| format!("\n    {line}")).collect();
    format!("; its last lines:{lines}\n  the whole log: {}", log.display())
}
