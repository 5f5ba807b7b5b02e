use std::{fmt, path::PathBuf};

use super::{Cell, ConcurrentCounterexample, Counterexample};

/// The reason why a suite did not pass. Returned from a test, it prints itself.
#[derive(thiserror::Error)]
pub enum Failure {
    /// A subject differs from the model.
    #[error("{0}")]
    Different(Box<Counterexample>),
    /// A history of concurrent callers has no explanation, or none was found in time.
    #[error("{0}")]
    NotLinearizable(Box<ConcurrentCounterexample>),
    /// The cases missed cells that the model lists as reachable.
    #[error(
        "{suite}: {cases} cases did not reach {} of the cells that {model} calls reachable:\n{}\n\
         generate calls that reach them in `next_call`, run more cases (SEAM_CASES), or take them out of `reachable`",
        cells.len(), listed(cells)
    )]
    Uncovered {
        /// The name of the suite.
        suite: String,
        /// The model's type.
        model: &'static str,
        /// The number of cases that ran.
        cases: u64,
        /// The cells that were not met.
        cells: Vec<Cell>,
    },
    /// The cases met cells less often than [`Suite::each_cell`](super::Suite::each_cell) demands.
    #[error(
        "{suite}: {cases} cases met {} of the cells of {model} too seldom, wanted {wanted} times each:\n{}\n\
         generate calls that reach them in `next_call`, run more cases (SEAM_CASES), or demand less with `each_cell`",
        cells.len(), counted(cells)
    )]
    Thin {
        /// The name of the suite.
        suite: String,
        /// The model's type.
        model: &'static str,
        /// The number of cases that ran.
        cases: u64,
        /// The number of times that each cell must be met.
        wanted: u64,
        /// The cells that were met less often, each with the number of times.
        cells: Vec<(Cell, u64)>,
    },
    /// A concurrent run passed with warnings, and was asked for none.
    #[error(
        "{suite}: the callers showed too little:\n  {}\n\
         slow the subject down, give it more patience, or run more callers and calls",
        warnings.join("\n  ")
    )]
    Weak {
        /// The name of the suite.
        suite: String,
        /// The warnings of the report.
        warnings: Vec<String>,
    },
    /// The cases met cells that the model does not list as reachable.
    #[error(
        "{suite}: {model} does not call these cells reachable, but they were reached:\n{}\n\
         add them to `reachable`, or fix the model",
        listed(cells)
    )]
    Undeclared {
        /// The name of the suite.
        suite: String,
        /// The model's type.
        model: &'static str,
        /// The cells that were met.
        cells: Vec<Cell>,
    },
    /// The model lists no reachable cell.
    #[error(
        "{suite}: the model {model} has no reachable cell, so nothing can be proved; list at least one in `reachable`"
    )]
    EmptyModel {
        /// The name of the suite.
        suite: String,
        /// The model's type.
        model: &'static str,
    },
    /// The suite has no subject.
    #[error("{suite}: it has no subject; add one with `subject`")]
    NoSubject {
        /// The name of the suite.
        suite: String,
    },
    /// A concurrent run was asked for with 0 callers.
    #[error("{suite}: it is run with 0 callers, wanted at least 1; give `run_concurrently` more")]
    NoCaller {
        /// The name of the suite.
        suite: String,
    },
    /// A caller panicked before its last call was recorded.
    #[error(
        "{suite}: the `completion` callback panicked in case {case}: {reason}; \
         fix the callback passed to `run_concurrently`"
    )]
    CallerEnded {
        /// The name of the suite.
        suite: String,
        /// The number of the case, from 0.
        case: u64,
        /// The panic's message.
        reason: String,
    },
    /// A subject was named that the suite does not have.
    #[error("{suite}: there is no subject {name:?}; `sampled` and SEAM_SUBJECTS can name {}", known.join(", "))]
    UnknownSubject {
        /// The name of the suite.
        suite: String,
        /// The name asked for.
        name: String,
        /// The names of the suite's subjects.
        known: Vec<String>,
    },
    /// Two subjects have the same name.
    #[error("{suite}: two subjects are called {name:?}; give each its own name")]
    SameName {
        /// The name of the suite.
        suite: String,
        /// The name of both.
        name: String,
    },
    /// A setting of the environment can't be used.
    #[error("{name} is {value:?}, wanted {wanted}")]
    Setting {
        /// The name of the variable.
        name: &'static str,
        /// The value of the variable.
        value: String,
        /// The values that are accepted.
        wanted: String,
    },
    /// A subject could not be opened in its initial state.
    #[error("subject {subject:?} can't be opened: {reason}")]
    NotOpened {
        /// The name of the subject.
        subject: String,
        /// The error of the subject's `open`.
        reason: String,
    },
    /// The model could not generate a call.
    #[error("{suite}: no call can be drawn: {reason}; loosen the filters in `next_call`")]
    NoCall {
        /// The name of the suite.
        suite: String,
        /// The error of proptest.
        reason: String,
    },
    /// A saved sequence can't be used.
    #[error("saved sequence {}: {problem}", file.display())]
    Saved {
        /// The file or folder.
        file: PathBuf,
        /// The mistake, and what to do about it.
        problem: String,
    },
    /// The suite's runtime could not be started.
    #[error("{suite}: no runtime: {reason}")]
    Runtime {
        /// The name of the suite.
        suite: String,
        /// The reason given by the runtime.
        reason: String,
    },
}

impl Failure {
    /// The counterexample, if a subject differs.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Different(counterexample) => Some(counterexample),
            _ => None,
        }
    }
}

/// Prints as `Display` does, so that a test that returns the failure prints a text for people.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn counted(cells: &[(Cell, u64)]) -> String {
    let lines: Vec<String> = cells
        .iter()
        .map(|(cell, times)| format!("  {times} x {cell}"))
        .collect();
    lines.join("\n")
}

fn listed(cells: &[Cell]) -> String {
    let lines: Vec<String> = cells.iter().map(|cell| format!("  {cell}")).collect();
    lines.join("\n")
}
