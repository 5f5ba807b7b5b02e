use std::path::PathBuf;

use crate::search::NotFound;

/// Why a scenario could not be run at all. What goes wrong in a run is part of its report instead.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is no such scenario.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file can't be read.
    #[error("scenario {} can't be read", path.display())]
    Unreadable {
        /// Which file.
        path: PathBuf,
        /// Why.
        source: std::io::Error,
    },
    /// The file is not TOML, or not a scenario: the cause names line, key and what is known.
    #[error("scenario {} is not right: {source}", path.display())]
    Malformed {
        /// Which file.
        path: PathBuf,
        /// Where and why.
        source: Box<toml::de::Error>,
    },
    /// The file is a scenario, but something in it can't be meant.
    #[error("{}:{line}: {problem}", path.display())]
    Invalid {
        /// Which file.
        path: PathBuf,
        /// Where, from 1.
        line: usize,
        /// The thing, what was seen, and what is wanted.
        problem: String,
    },
    /// The topology has nobody for a role of the scenario.
    #[error("nothing plays the role {role:?}: {reason}")]
    NoSuchRole {
        /// The role.
        role: String,
        /// What there is.
        reason: String,
    },
    /// A setup request was not answered as expected, so nothing was tried.
    #[error("setup {step:?} failed: {reason}")]
    Setup {
        /// Which one.
        step: String,
        /// What happened.
        reason: String,
    },
    /// The tables of observations could not be kept or queried.
    #[error("{what}: {source}")]
    Books {
        /// What was being done.
        what: String,
        /// Why it failed.
        source: sqlx::Error,
    },
    /// A query of the scenario gave something else than it must.
    #[error("{what}: {problem}")]
    Query {
        /// Which query.
        what: String,
        /// What it gave, and what it must give.
        problem: String,
    },
}
