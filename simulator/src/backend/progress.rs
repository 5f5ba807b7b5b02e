use std::{fmt, time::Duration};

use super::{Profile, status::seconds};

/// What happens while a topology comes up; its `Display` is one line for people.
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// Cargo builds these binaries, in one go. Its own output goes to stderr.
    Building {
        /// In which profile.
        profile: Profile,
        /// The binaries.
        binaries: Vec<String>,
    },
    /// All are built.
    Built {
        /// How long it took.
        took: Duration,
    },
    /// A node's process was started; what it needs was ready.
    Started {
        /// The node.
        node: String,
        /// Its process, which leads a group of its own.
        pid: u32,
    },
    /// A node is ready.
    Ready {
        /// The node.
        node: String,
        /// From the start of its process.
        took: Duration,
    },
    /// Every node is ready.
    Up {
        /// Since the building ended.
        took: Duration,
    },
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Building { profile, binaries } => write!(f, "building ({profile}): {}", binaries.join(", ")),
            Self::Built { took } => write!(f, "built in {}", seconds(*took)),
            Self::Started { node, pid } => write!(f, "{node}: started, pid {pid}"),
            Self::Ready { node, took } => write!(f, "{node}: ready after {}", seconds(*took)),
            Self::Up { took } => write!(f, "every node is ready after {}", seconds(*took)),
        }
    }
}
