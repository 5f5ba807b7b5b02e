use std::fmt;

use super::{DefectReport, KillReport, StepReport};

/// An event of a rehearsal. Its `Display` is one line for people.
#[derive(Clone, Debug)]
pub(crate) enum Event {
    /// A step begins.
    Begun(String),
    /// A step is over.
    Over(StepReport),
    /// A planted defect was lifted.
    Planted(DefectReport),
    /// A node was killed, and is back or lost.
    Killed(KillReport),
}

impl fmt::Display for Event {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Begun(step) => write!(f, "{step} ..."),
            Self::Over(step) => {
                write!(f, "{}: {}", step.step, step.outcome.words())?;
                step.reasons.first().map_or(Ok(()), |reason| write!(f, ": {reason}"))
            }
            Self::Planted(defect) if defect.caught => write!(f, "planted {:?}: caught", defect.name),
            Self::Planted(defect) => write!(f, "planted {:?}: NOT CAUGHT", defect.name),
            Self::Killed(kill) => match &kill.problem {
                None => write!(f, "killed {}; it is back", kill.node),
                Some(problem) => write!(f, "{}: {problem}", kill.node),
            },
        }
    }
}
