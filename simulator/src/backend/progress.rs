use std::{fmt, time::Duration};

use indicatif::HumanBytes;

use super::{Profile, status::seconds};

/// Step of bringing a topology up. Its `Display` is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// The oldest runs were removed, as more was kept than the options want.
    Pruned {
        /// Runs that were removed.
        runs: usize,
        /// Bytes on disk that they had.
        bytes: u64,
    },
    /// One call of cargo began to build the binaries. Its own output goes to stderr.
    Building {
        /// Profile of the build.
        profile: Profile,
        /// Names of the binaries.
        binaries: Vec<String>,
    },
    /// Cargo has built all binaries.
    Built {
        /// Duration of the build.
        took: Duration,
    },
    /// An image was made of a binary that has changed.
    Image {
        /// The binary's name.
        binary: String,
        /// Time that it took.
        took: Duration,
    },
    /// The engine began to pull an image that it does not have.
    Pulling {
        /// Name of the image.
        image: String,
    },
    /// A node was started, after everything that it needs was ready.
    Started {
        /// The node's name.
        node: String,
        /// Process id of the node, if it has one; the process leads a group of its own.
        pid: Option<u32>,
    },
    /// A node became ready.
    Ready {
        /// The node's name.
        node: String,
        /// Time since its start.
        took: Duration,
    },
    /// A node that runs once has ended with status 0.
    Done {
        /// The node's name.
        node: String,
        /// Time since its start.
        took: Duration,
    },
    /// Every node is ready, or done if it runs once.
    Up {
        /// Time since the end of the build.
        took: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Pruned { runs: 1, bytes } => write!(f, "removed the oldest run, {}", HumanBytes(*bytes)),
            Self::Pruned { runs, bytes } => write!(f, "removed the {runs} oldest runs, {}", HumanBytes(*bytes)),
            Self::Building { profile, binaries } => write!(f, "building ({profile}): {}", binaries.join(", ")),
            Self::Built { took } => write!(f, "built in {}", seconds(*took)),
            Self::Image { binary, took } => write!(f, "{binary}: image made in {}", seconds(*took)),
            Self::Pulling { image } => write!(f, "pulling {image}, which the engine does not have"),
            Self::Started { node, pid: Some(pid) } => write!(f, "{node}: started, pid {pid}"),
            Self::Started { node, pid: None } => write!(f, "{node}: started"),
            Self::Ready { node, took } => write!(f, "{node}: ready after {}", seconds(*took)),
            Self::Done { node, took } => write!(f, "{node}: done after {}", seconds(*took)),
            Self::Up { took } => write!(f, "every node is ready after {}", seconds(*took)),
        }
    }
}
