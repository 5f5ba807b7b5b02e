use std::fmt;

use serde::Serialize;

use crate::steps::{Fault, FaultKind};

/// An event of a run. Its `Display` is one line for people.
#[derive(Clone, Debug, PartialEq, Eq)]
#[non_exhaustive]
pub enum Event {
    /// A phase began.
    Phase(Phase),
    /// This many of all journeys are over.
    Journeys {
        /// Journeys that are over.
        over: u64,
        /// Journeys in all.
        of: u64,
    },
    /// A fault was laid.
    Laid(Fault),
    /// A fault was lifted, and its target is as before.
    Lifted(Fault),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Phase(phase) => write!(f, "phase: {phase}"),
            Self::Journeys { over, of } => write!(f, "{over} of {of} journeys are over"),
            Self::Laid(fault) => match fault.kind {
                FaultKind::Kill => write!(f, "killed {}", fault.target),
            },
            Self::Lifted(fault) => match fault.kind {
                FaultKind::Kill => write!(f, "{} is back", fault.target),
            },
        }
    }
}

/// The parts of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Setup, and journeys before the first fault.
    Steady,
    /// Journeys from the first fault on.
    Faults,
    /// Every fault that is still laid is lifted.
    Heal,
    /// The system comes to rest.
    Converge,
    /// The tables are collected and the invariants are examined.
    Judge,
}

impl fmt::Display for Phase {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Steady => "steady",
            Self::Faults => "faults",
            Self::Heal => "heal",
            Self::Converge => "converge",
            Self::Judge => "judge",
        })
    }
}
