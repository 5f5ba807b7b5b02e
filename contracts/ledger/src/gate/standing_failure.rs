use std::path::Path;

use serde::Serialize;

use super::verified::Entry;
use crate::{records::Record, source};

/// Failed verification that no later one replaces.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Serialize)]
pub struct StandingFailure {
    /// Path of the record, from the folder of pacts.
    pub record: String,
    /// `true` if a pass of the same pair stands beside it, and neither names the other as earlier.
    pub is_contested: bool,
}

impl StandingFailure {
    pub(super) fn of(entry: &Entry<'_>, is_contested: bool) -> Self {
        let file = Record::Verification(entry.record.clone()).file(entry.id);
        Self {
            record: Path::new(source::LEDGER).join(file).display().to_string(),
            is_contested,
        }
    }
}
