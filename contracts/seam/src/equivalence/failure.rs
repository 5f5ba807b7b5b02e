use std::{fmt, path::PathBuf};

use super::{Cell, Counterexample};

/// Why a suite did not pass. As a test's result it prints itself.
#[derive(thiserror::Error)]
pub enum Failure {
    /// A subject differs from the model.
    #[error("{0}")]
    Different(Box<Counterexample>),
    /// What concurrent callers heard has no explanation.
    #[error(
        "{suite}: what callers of {subject:?} heard in case {case} is not linearizable\n\n{lanes}\n\
         replay, which may take several runs, as callers come to turn differently: {replay}"
    )]
    NotLinearizable {
        /// The suite.
        suite: String,
        /// The subject.
        subject: String,
        /// Which sequence it was, from 0.
        case: u64,
        /// The smallest part of the history, a lane for each caller.
        lanes: String,
        /// The command that runs it again.
        replay: String,
    },
    /// The sequences did not reach what the model says can be reached.
    #[error(
        "{suite}: {cases} cases did not reach {} of the cells that {model} calls reachable:\n{}\n\
         draw calls that reach them in `call`, run more cases (SEAM_CASES), or take them out of `reachable`",
        cells.len(), listed(cells)
    )]
    Uncovered {
        /// The suite.
        suite: String,
        /// The model's type.
        model: &'static str,
        /// How many sequences were run.
        cases: u64,
        /// The cells that were not met.
        cells: Vec<Cell>,
    },
    /// The sequences reached what the model says can't be reached.
    #[error(
        "{suite}: {model} does not call these cells reachable, but they were reached:\n{}\nadd them to `reachable`, or mend the model",
        listed(cells)
    )]
    Undeclared {
        /// The suite.
        suite: String,
        /// The model's type.
        model: &'static str,
        /// The cells that were met.
        cells: Vec<Cell>,
    },
    /// The model describes nothing.
    #[error(
        "{suite}: the model {model} has no reachable cell, so nothing can be proved; list at least one in `reachable`"
    )]
    EmptyModel {
        /// The suite.
        suite: String,
        /// The model's type.
        model: &'static str,
    },
    /// There is nothing to compare with the model.
    #[error("{suite}: it has no subject; add one with `subject`")]
    NoSubject {
        /// The suite.
        suite: String,
    },
    /// Nobody was to call at once.
    #[error("{suite}: it is run with 0 callers, wanted at least 1; give `run_concurrently` more")]
    NoCaller {
        /// The suite.
        suite: String,
    },
    /// A caller was gone before its last call was noted.
    #[error("{suite}: a caller ended in the middle of case {case}: {reason}; mend what says which replies are answers")]
    CallerEnded {
        /// The suite.
        suite: String,
        /// Which sequence it was, from 0.
        case: u64,
        /// What ended it.
        reason: String,
    },
    /// A subject was asked for that the suite does not have.
    #[error("{suite}: there is no subject {name:?}; `sampled` and SEAM_SUBJECTS can name {}", known.join(", "))]
    UnknownSubject {
        /// The suite.
        suite: String,
        /// What was asked for.
        name: String,
        /// What there is.
        known: Vec<String>,
    },
    /// Two subjects of the same name could not be told apart.
    #[error("{suite}: two subjects are called {name:?}; give each a name of its own")]
    SameName {
        /// The suite.
        suite: String,
        /// The name.
        name: String,
    },
    /// A setting of the environment can't be used.
    #[error("{name} is {value:?}, wanted {wanted}")]
    Setting {
        /// The variable.
        name: &'static str,
        /// Its value.
        value: String,
        /// What it should be.
        wanted: String,
    },
    /// A subject could not be brought into its initial state.
    #[error("subject {subject:?} can't be opened: {reason}")]
    NotOpened {
        /// The subject.
        subject: String,
        /// Why.
        reason: String,
    },
    /// The model could not draw a call.
    #[error("{suite}: no call can be drawn: {reason}; loosen the filters in `call`")]
    NoCall {
        /// The suite.
        suite: String,
        /// What proptest says.
        reason: String,
    },
    /// A saved sequence can't be used.
    #[error("saved sequence {}: {problem}", file.display())]
    Saved {
        /// The file or folder.
        file: PathBuf,
        /// What is wrong, and what to do.
        problem: String,
    },
    /// The suite's runtime could not be started.
    #[error("{suite}: no runtime: {reason}")]
    Runtime {
        /// The suite.
        suite: String,
        /// Why.
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

/// The same as `Display`: a test that returns it fails with a text that can be read.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}

fn listed(cells: &[Cell]) -> String {
    let lines: Vec<String> = cells.iter().map(|cell| format!("  {cell}")).collect();
    lines.join("\n")
}
