//! Records in a folder, and their merging in git.

mod living;
mod merging;
mod writing;

use std::path::Path;

use ledger::records::{Deployment, Ledger, Others};

use crate::samples::at;

/// The ledger of the folder `pacts` below this one.
pub(crate) fn ledger(root: &Path) -> Ledger {
    Ledger::of_pacts(&root.join("pacts"))
}

/// The record that this version takes the place of the others in production.
pub(crate) fn replaced(ledger: &Ledger, service: &str, version: &str, second: i64) -> Deployment {
    let records = ledger.read().unwrap();
    records
        .live()
        .deployed("production", service, version, Others::GoOut, at(second))
}

/// The versions that are live in production.
pub(crate) fn live(ledger: &Ledger, service: &str) -> Vec<String> {
    let records = ledger.read().unwrap();
    records
        .live()
        .versions("production", service)
        .map(str::to_owned)
        .collect()
}
