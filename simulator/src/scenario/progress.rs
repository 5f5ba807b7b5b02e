use std::fmt;

use serde::Serialize;

use crate::steps::{Fault, FaultKind, Target};

/// An event of a run. Its `Display` is one line for people.
#[derive(Clone, Debug, PartialEq)]
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
        /// Journeys that failed.
        failed: u64,
        /// Requests so far, repeats included.
        requests: u64,
        /// Requests without an answer, or with one that was not right.
        errors: u64,
    },
    /// The run is lost, for this reason: no more journeys are tried, and no more faults are laid.
    GivenUp(String),
    /// A node died without a fault.
    Died {
        /// The node's name.
        node: String,
        /// The exit status or the signal.
        how: String,
        /// True if the scenario says that it may.
        expected: bool,
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
            Self::Journeys { over, of, .. } => write!(f, "{over} of {of} journeys are over"),
            Self::GivenUp(reason) => write!(f, "given up: {reason}"),
            Self::Died { node, how, expected } => {
                let rest = if *expected { "" } else { ", which fails the run" };
                write!(f, "{node} died by itself ({how}){rest}")
            }
            Self::Laid(fault) if fault.kind == FaultKind::Link => {
                write!(f, "laid {:?} on {}", fault.name, fault.target)
            }
            Self::Laid(fault) => {
                write!(f, "{} {}", fault.kind.done(), fault.target)?;
                fault.point.iter().try_for_each(|point| write!(f, " at {point}"))
            }
            Self::Lifted(fault) => match (fault.kind, &fault.target) {
                (FaultKind::Link, target) => write!(f, "lifted {:?} from {target}", fault.name),
                (_, Target::Partition(one, other)) => write!(f, "{one} and {other} reach each other again"),
                (FaultKind::Pause, target) => write!(f, "{target} goes on"),
                (FaultKind::DiskFull, target) => write!(f, "the disk of {target} has room again"),
                (_, target) => write!(f, "{target} is back"),
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
