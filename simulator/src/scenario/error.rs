use std::path::PathBuf;

use crate::search::NotFound;

/// The reason why a scenario could not be run at all. Anything that goes wrong during a run is part of its report
/// instead.
#[derive(Debug, thiserror::Error)]
pub enum ScenarioError {
    /// There is no such scenario.
    #[error(transparent)]
    NotFound(#[from] NotFound),
    /// The file can't be read.
    #[error("scenario {} can't be read: {source}", path.display())]
    Unreadable {
        /// The file of the scenario.
        path: PathBuf,
        /// The reason, from the system.
        source: std::io::Error,
    },
    /// The file is not TOML, or not a scenario: the cause names line, key and what is known.
    #[error("scenario {} is not right: {source}", path.display())]
    Malformed {
        /// The file of the scenario.
        path: PathBuf,
        /// The place and the reason.
        source: Box<toml::de::Error>,
    },
    /// The file is a scenario, but something in it can't be meant.
    #[error("{}:{line}: {problem}", path.display())]
    Invalid {
        /// The file of the scenario.
        path: PathBuf,
        /// The line, from 1.
        line: usize,
        /// The thing, the value seen, and the value wanted.
        problem: String,
    },
    /// Nothing in the topology plays a role of the scenario.
    #[error("nothing plays the role {role:?}: {reason}")]
    NoSuchRole {
        /// The role that nothing plays.
        role: String,
        /// The roles that are there.
        reason: String,
    },
    /// The world can't lay a fault of the scenario, so nothing was tried.
    #[error("fault {fault:?} can't be laid: {reason}")]
    Refused {
        /// The fault's name.
        fault: String,
        /// The reason, for people.
        reason: String,
    },
    /// A setup request was not answered as expected, so nothing was tried.
    #[error("setup {step:?} failed: {reason}")]
    Setup {
        /// The name of the setup step.
        step: String,
        /// The request and its answer.
        reason: String,
    },
    /// The tables of observations could not be kept or queried.
    #[error("{what}: {source}")]
    Tables {
        /// The thing that was being done.
        what: String,
        /// The error of SQLite.
        source: sqlx::Error,
    },
    /// A query of the scenario gave something else than it must, or is not SQL.
    #[error("{what}: {problem}")]
    Query {
        /// The query, by the name of its entry.
        what: String,
        /// The result it gave, and the one it must give.
        problem: String,
    },
}
