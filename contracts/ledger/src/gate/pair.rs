use std::fmt;

use comfy_table::{ContentArrangement, Table, presets};
use serde::Serialize;

use super::ServiceVersion;
use crate::document::ContentHash;

/// Pair of a consumer's version and a provider's version, with the result of verifying one against the pact of
/// the other.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
pub struct Pair {
    /// Result of the verification. The first field, so that pairs sort by it.
    pub state: PairState,
    /// Version that holds the pact.
    pub consumer: ServiceVersion,
    /// Version that has to keep the pact.
    pub provider: ServiceVersion,
    /// Content of the pact.
    pub pact: ContentHash,
}

impl Pair {
    /// Cells of the pair's line in a [`table`].
    pub(crate) fn cells(&self) -> [String; 4] {
        [
            self.consumer.short(),
            self.provider.short(),
            self.pact.short().to_owned(),
            self.state.to_string(),
        ]
    }
}

/// State of a pair in the ledger, worst first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "kebab-case", tag = "is")]
pub enum PairState {
    /// A verification failed, and no later one replaces it.
    Failed,
    /// The ledger has no verification of the pair.
    Missing,
    /// The verifications passed, but each with another number of interactions than the pact has.
    Partial {
        /// Number of interactions that were verified.
        verified: u64,
        /// Number of interactions that the pact has.
        of: u64,
    },
    /// A verification passed with all interactions, and every failure is replaced by a later one.
    Passed,
}

impl fmt::Display for PairState {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Failed => formatter.write_str("failed"),
            Self::Missing => formatter.write_str("not verified"),
            Self::Partial { verified, of } => write!(formatter, "{verified} of {of} interactions"),
            Self::Passed => formatter.write_str("passed"),
        }
    }
}

/// Table of pairs, one on each line, at most `width` columns wide.
pub(crate) fn table(lines: impl IntoIterator<Item = [String; 4]>, width: u16) -> String {
    let mut table = Table::new();
    table
        .load_style(presets::NOTHING)
        .set_content_arrangement(ContentArrangement::Dynamic)
        .set_width(width);
    table.set_header(["consumer", "provider", "pact", "verified"]);
    table.add_rows(lines);
    table.trim_fmt()
}
