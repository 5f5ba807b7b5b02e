use ledger::{
    document::Unjudged,
    gate::GateError,
    git::GitError,
    records::{LedgerError, SettingsError},
    source::SourceError,
};
use thiserror::Error;

use crate::commands::arguments::VersionError;

/// The reason why a command has no result. Nothing was changed.
#[derive(Debug, Error)]
pub(crate) enum CommandError {
    #[error(transparent)]
    Source(#[from] SourceError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Settings(#[from] SettingsError),
    #[error(transparent)]
    Gate(#[from] GateError),
    #[error(transparent)]
    Git(#[from] GitError),
    #[error(transparent)]
    Version(#[from] VersionError),
    #[error(
        "'{0}' is not a range of revisions; wanted OLD..NEW, such as main..HEAD; OLD.. goes up to the files as they are"
    )]
    NotARange(String),
    #[error(
        "there is nothing to compare: neither state has a pact in {pacts} or an API document; name them with \
         --pacts and --openapi"
    )]
    NothingToCompare { pacts: String },
    #[error("the API document {file} is not JSON: {source}")]
    NoDocument { file: String, source: serde_json::Error },
    #[error("cannot read {file}: {source}")]
    Unreadable { file: String, source: std::io::Error },
    #[error("'{0}' is not a service and version; wanted SERVICE=VERSION, such as payments=1.4.0")]
    NotAChange(String),
    #[error(
        "none of the {pacts} pacts in {source_of_pacts} is one of '{consumer}'; their consumers are {known}; if it is \
         right that it holds none, add --calls-nobody"
    )]
    NoPacts {
        consumer: String,
        source_of_pacts: String,
        pacts: usize,
        known: String,
    },
    #[error("'{consumer}' holds {pacts} pacts in {source_of_pacts}, so it calls somebody; leave --calls-nobody out")]
    CallsSomebody {
        consumer: String,
        source_of_pacts: String,
        pacts: usize,
    },
    #[error(
        "{consumer} {version} was published with other pacts before; a version is one content: give another \
         --version, or check out the one that is meant"
    )]
    OtherContent { consumer: String, version: String },
    #[error("{file}: {part}")]
    NotJudged { file: String, part: Unjudged },
    #[error("there are no pacts in {0}; write them with the consumers' suites, or name the folder with --pacts")]
    NothingToPublish(String),
    #[error("cannot write {}: {source}", file.display())]
    Unwritable {
        file: std::path::PathBuf,
        source: std::io::Error,
    },
}
