use std::{collections::BTreeMap, fmt, path::PathBuf};

use serde::Serialize;

use super::Need;
use crate::document::ContentHash;

/// A version of a service.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct ServiceVersion {
    /// The service, as pacts call it.
    pub service: String,
    /// The version: any text.
    pub version: String,
}

impl ServiceVersion {
    /// A version of a service.
    pub fn new(service: impl Into<String>, version: impl Into<String>) -> Self {
        Self {
            service: service.into(),
            version: version.into(),
        }
    }

    /// Whether the version is the full name of a git revision.
    pub(super) fn is_revision(&self) -> bool {
        self.version.len() == 40 && self.version.bytes().all(|byte| byte.is_ascii_hexdigit())
    }

    /// For tables: of a git revision, the first twelve digits.
    fn short(&self) -> String {
        let version = if self.is_revision() {
            &self.version[..12]
        } else {
            &self.version
        };
        format!("{} {version}", self.service)
    }
}

impl fmt::Display for ServiceVersion {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "{} {}", self.service, self.version)
    }
}

/// What was asked, what the answer is, and why.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// What was asked.
    pub ask: Ask,
    /// Of which versions.
    pub changes: Vec<ServiceVersion>,
    /// Where.
    pub environment: String,
    /// Yes, no or unknown.
    pub verdict: Verdict,
    /// The pairs that were looked at, worst first.
    pub rows: Vec<Row>,
    /// What would have to change for a yes. All of it is needed, and all of it is enough for as long as nothing else changes.
    pub needs: Vec<Need>,
    /// The folder of pacts and the ledger, for commands.
    pub pacts: PathBuf,
    /// Which of the versions belong to services without contracts, and why that is right.
    pub no_contracts: BTreeMap<String, String>,
}

/// What was asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Ask {
    /// Whether versions may go live.
    Deploy,
    /// Whether a version may go out.
    Undeploy,
    /// Whether a version may come back.
    Rollback,
}

/// Yes, no or unknown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Verdict {
    /// All that is needed was verified.
    Yes,
    /// Something was not verified, or there was nothing to verify.
    Unknown,
    /// Something that is needed fails or is not there.
    No,
}

impl Verdict {
    /// The answer as a word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Yes => "yes",
            Self::Unknown => "unknown",
            Self::No => "no",
        }
    }
}

/// A version of a consumer, a version of a provider, and whether the one was verified against the pact of the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Row {
    /// How the verification ended. First, so that rows sort by it.
    pub state: RowState,
    /// Who holds the pact.
    pub consumer: ServiceVersion,
    /// Who has to keep it.
    pub provider: ServiceVersion,
    /// What it promises.
    pub pact: ContentHash,
}

impl Row {
    /// Its line in a table.
    pub(crate) fn cells(&self) -> [String; 4] {
        [
            self.consumer.short(),
            self.provider.short(),
            self.pact.short().to_owned(),
            self.state.to_string(),
        ]
    }
}

/// What the ledger says of a pair. Worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum RowState {
    /// The latest verification failed.
    Failed,
    /// There was none.
    Missing,
    /// It passed, but with fewer or more interactions than the pact has.
    Partial {
        /// How many were verified.
        verified: u64,
        /// How many there are.
        of: u64,
    },
    /// The latest verification passed.
    Passed,
}

impl fmt::Display for RowState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => formatter.write_str("failed"),
            Self::Missing => formatter.write_str("not verified"),
            Self::Partial { verified, of } => write!(formatter, "{verified} of {of} interactions"),
            Self::Passed => formatter.write_str("passed"),
        }
    }
}
