//! Verifications of one version against one pact, and what they come to.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use super::{PairState, StandingFailure};
use crate::{document::ContentHash, records::Verification};

/// Record of a verification, with the state that it alone would lead to.
#[derive(Debug, Clone, Copy)]
pub(super) struct Entry<'a> {
    pub(super) id: &'a ContentHash,
    pub(super) record: &'a Verification,
    pub(super) state: PairState,
}

/// State that all records of the pair come to.
#[derive(Debug)]
pub(super) struct Verified {
    /// Latest time of a record of this state by the writers' clocks, which decide nothing.
    pub(super) at: Timestamp,
    pub(super) state: PairState,
    /// Failures that no later record replaces, in the order of their files.
    pub(super) failures: Vec<StandingFailure>,
}

impl Verified {
    /// Any failure that no later record provably replaces counts; otherwise one pass is enough. A partial pass
    /// counts only if there is nothing else: it says little, and must hide neither a failure nor a full pass.
    pub(super) fn of(entries: &[Entry<'_>]) -> Self {
        let replaced = replaced(entries);
        let stands = |entry: &&Entry<'_>| !replaced.contains(entry.id);
        let is_pass = |entry: &&Entry<'_>| entry.state == PairState::Passed;
        let is_contested = entries.iter().filter(stands).any(|entry| is_pass(&entry));
        let failed = entries
            .iter()
            .filter(stands)
            .filter(|entry| entry.state == PairState::Failed);
        let failures: BTreeSet<StandingFailure> =
            failed.map(|entry| StandingFailure::of(entry, is_contested)).collect();
        let state = if !failures.is_empty() {
            PairState::Failed
        } else {
            entries
                .iter()
                .map(|entry| entry.state)
                .max()
                .unwrap_or(PairState::Missing)
        };
        let same = entries.iter().filter(|entry| entry.state == state);
        Self {
            at: same.map(|entry| entry.record.at).max().unwrap_or(Timestamp::UNIX_EPOCH),
            state,
            failures: failures.into_iter().collect(),
        }
    }
}

/// Records that a failure or a full pass names as earlier, itself or through others of the pair.
fn replaced<'a>(entries: &[Entry<'a>]) -> BTreeSet<&'a ContentHash> {
    let by_id: BTreeMap<&ContentHash, &Entry<'a>> = entries.iter().map(|entry| (entry.id, entry)).collect();
    let is_whole = |entry: &&Entry<'_>| !matches!(entry.state, PairState::Partial { .. });
    let mut replaced = BTreeSet::new();
    let whole = entries.iter().filter(is_whole);
    let mut left: Vec<&ContentHash> = whole.flat_map(|entry| &entry.record.follows).collect();
    while let Some(id) = left.pop() {
        // What is named, but not about this pair, replaces nothing and is replaced by nothing.
        if let Some(entry) = by_id.get(id)
            && replaced.insert(entry.id)
        {
            left.extend(&entry.record.follows);
        }
    }
    replaced
}
