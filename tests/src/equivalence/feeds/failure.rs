use std::{error::Error, fmt, path::PathBuf};

use super::{History, Property, Report, Violation};

/// Why a suite did not pass.
pub enum Failure {
    /// A history breaks a property.
    Counterexample(Box<Counterexample>),
    /// The saved histories can't be read, or one can't be written.
    Files(String),
    /// A variable of the environment can't be used.
    Setting {
        /// Which.
        name: &'static str,
        /// What it holds.
        value: String,
        /// The least that it may be.
        least: u64,
    },
    /// There can be no runtime.
    Runtime(String),
}

/// A history that breaks a property.
#[derive(Clone, Debug)]
pub struct Counterexample {
    /// Where it comes from.
    pub origin: Origin,
    /// It, as small as it got.
    pub history: History,
    /// What does not hold.
    pub violations: Vec<Violation>,
}

/// Where a history comes from.
#[derive(Clone, Debug)]
pub enum Origin {
    /// It was drawn.
    Drawn {
        /// What from.
        seed: u64,
        /// Which it was, from 0.
        case: u64,
        /// Where it was saved.
        saved: Option<PathBuf>,
    },
    /// It was saved in this file.
    Saved(PathBuf),
}

impl Failure {
    /// The history that breaks a property, if it is that.
    pub fn counterexample(&self) -> Option<&Counterexample> {
        match self {
            Self::Counterexample(found) => Some(found),
            Self::Files(_) | Self::Setting { .. } | Self::Runtime(_) => None,
        }
    }
}

impl Counterexample {
    /// Whether this property is among those that do not hold.
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
        write!(f, "seed {seed}, {cases} histories and {saved} saved ones: {tally}")
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Drawn { seed, case, saved } => {
                write!(f, "after {case} that broke nothing, history {case} of seed {seed}")?;
                write!(f, " (SEAM_SEED={seed} SEAM_CASE={case}")?;
                match saved {
                    Some(file) => write!(f, "; saved as {})", file.display()),
                    None => f.write_str(")"),
                }
            }
            Self::Saved(file) => write!(f, "the history in {}", file.display()),
        }
    }
}

impl fmt::Display for Counterexample {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        writeln!(f, "{} breaks a property:", self.origin)?;
        for violation in &self.violations {
            writeln!(f, "  {violation}")?;
        }
        writeln!(
            f,
            "the smallest that does, with reads of {} events:",
            self.history.batch
        )?;
        for (number, step) in (1..).zip(&self.history.steps) {
            writeln!(f, "  {number}. {step:?}")?;
        }
        Ok(())
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Counterexample(found) => found.fmt(f),
            Self::Files(reason) => f.write_str(reason),
            Self::Setting { name, value, least } => {
                write!(f, "{name} is {value:?}, wanted a whole number, at least {least}")
            }
            Self::Runtime(reason) => write!(f, "no runtime: {reason}"),
        }
    }
}

/// As it is displayed: that is what a test shows which returns it.
impl fmt::Debug for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

impl Error for Failure {}
