use std::fmt;

use seam::equivalence::{self, Origin};

use super::{History, Property, Report, Violation};

/// The reason why a suite did not pass.
#[derive(thiserror::Error)]
pub enum Failure {
    /// A history violates a property.
    #[error("{0}")]
    Counterexample(Box<Counterexample>),
    /// The suite could not run: a setting, a saved history or the runtime is unusable.
    #[error(transparent)]
    Suite(#[from] equivalence::Failure),
}

/// The smallest history found that violates a property.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// The origin of the history.
    pub origin: Origin,
    /// The history, shrunk.
    pub history: History,
    /// The properties that it violates.
    pub violations: Vec<Violation>,
    /// The command that replays it.
    pub replay: String,
    /// The file that the history was saved to, if the suite saves any.
    pub saved: Option<std::path::PathBuf>,
}

impl Failure {
    /// The history that violates a property, if there is one.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Counterexample(found) => Some(found),
            Self::Suite(_) => None,
        }
    }
}

impl Counterexample {
    /// True if the history violates this property.
    pub fn breaks(&self, property: Property) -> bool {
        self.violations.iter().any(|violation| violation.property == property)
    }
}

impl From<Counterexample> for Failure {
    fn from(found: Counterexample) -> Self {
        Self::Counterexample(Box::new(found))
    }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            seed,
            cases,
            saved,
            tally,
        } = self;
        write!(
            f,
            "seed {seed}, {cases} generated histories and {saved} saved ones: {tally}"
        )
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match &self.origin {
            Origin::Drawn {
                seed,
                case,
                calls,
                runs,
            } => writeln!(
                f,
                "case {case} of seed {seed}, shrunk from {calls} steps to {} in {runs} runs, violates a property:",
                self.history.steps.len()
            )?,
            Origin::Saved(file) => writeln!(f, "the saved history {} violates a property:", file.display())?,
        }
        for violation in &self.violations {
            writeln!(f, "  {violation}")?;
        }
        writeln!(f, "history, with reads of {} events:", self.history.batch)?;
        for (number, step) in (1..).zip(&self.history.steps) {
            writeln!(f, "  {number}. {step:?}")?;
        }
        if let Some(file) = &self.saved {
            writeln!(f, "saved: {}", file.display())?;
        }
        write!(
            f,
            "replay, which may take several runs, as tasks interleave differently: {}",
            self.replay
        )
    }
}

/// The same as `Display`, so that a test that returns it fails with a readable text.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{self}")
    }
}
