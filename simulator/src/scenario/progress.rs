use std::fmt;

use serde::Serialize;

/// Hears how a run goes, while it goes.
pub trait Progress {
    /// A phase began.
    fn phase(&self, phase: Phase);

    /// So many journeys are over, of so many.
    fn journeys(&self, over: u64, of: u64);

    /// Something worth a line happened: a fault, a wait.
    fn note(&self, text: &str);
}

/// Hears nothing.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl Progress for Silent {
    fn phase(&self, _: Phase) {}

    fn journeys(&self, _: u64, _: u64) {}

    fn note(&self, _: &str) {}
}

/// The parts of a run, in order.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Phase {
    /// Setup, and journeys before the first fault.
    Steady,
    /// Journeys from the first fault on.
    Faults,
    /// Every fault is undone.
    Heal,
    /// The system comes to rest.
    Converge,
    /// What there is gets collected and the invariants are looked at.
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
