use std::fmt;

use serde::Serialize;

use super::{Difference, copying::ONLY_THERE};

/// Differences that a report names; the others are counted.
pub(super) const NAMED: usize = 100;

/// What a copy did, and what it found at its end.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct CopyReport {
    /// Name of the module.
    pub module: String,
    /// The sets, in the order in which they were copied.
    pub sets: Vec<SetReport>,
}

/// What a copy did with one set.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct SetReport {
    /// Name of the set.
    pub set: String,
    /// Ranges that were examined.
    pub ranges: u64,
    /// Ranges of which both sides had the same count and digest when they were looked at last.
    pub even: u64,
    /// Aggregates of the giving side.
    pub aggregates: u64,
    /// Their rows.
    pub rows: u64,
    /// Aggregates that the receiving side did not have before.
    pub added: u64,
    /// Aggregates of which the receiving side had an older state.
    pub updated: u64,
    /// Aggregates of which the receiving side has a newer state, which stays.
    pub newer: u64,
    /// Aggregates in which the sides differ for good, the first ones by name.
    pub differences: Vec<Difference>,
    /// Number of all differences.
    pub different: u64,
    /// Number of those that only the receiving side has. Nothing of the giving side is missing there because of them.
    pub only_there: u64,
}

impl CopyReport {
    /// Returns `true` if both sides had the same in every range, and there was something to compare.
    pub fn is_even(&self) -> bool {
        self.has_examined() && self.is_settled()
    }

    /// Returns `true` if there was at least one aggregate on the giving side, or a difference.
    pub fn has_examined(&self) -> bool {
        self.sets.iter().any(|set| set.aggregates > 0 || set.different > 0)
    }

    /// Returns `true` if both sides had the same in every range. Nothing on either side is the same, too.
    pub fn is_settled(&self) -> bool {
        self.sets.iter().all(SetReport::is_even)
    }

    /// Number of aggregates that were carried over.
    pub fn copied(&self) -> u64 {
        self.sets.iter().map(|set| set.added + set.updated).sum()
    }

    /// Number of aggregates that the receiving side could not take without a loss.
    pub fn apart(&self) -> u64 {
        self.sets.iter().map(|set| set.different - set.only_there).sum()
    }

    /// Number of aggregates of which the receiving side has a newer state.
    pub fn newer(&self) -> u64 {
        self.sets.iter().map(|set| set.newer).sum()
    }

    /// Number of aggregates in which the sides differ for good.
    pub fn different(&self) -> u64 {
        self.sets.iter().map(|set| set.different).sum()
    }
}

impl SetReport {
    /// Returns `true` if both sides had the same in every range.
    pub fn is_even(&self) -> bool {
        self.different == 0 && self.even == self.ranges
    }

    pub(super) fn differs(&mut self, difference: Difference) {
        self.different += 1;
        self.only_there += u64::from(difference.reason == ONLY_THERE);
        if self.differences.len() < NAMED {
            self.differences.push(difference);
        }
    }
}

impl fmt::Display for SetReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self {
            set,
            ranges,
            even,
            aggregates,
            rows,
            added,
            updated,
            newer,
            different,
            ..
        } = self;
        write!(
            f,
            "{set}: {aggregates} with {rows} rows; {added} added, {updated} updated, {newer} newer there, \
             {different} different; {even} of {ranges} ranges are the same on both sides"
        )
    }
}

impl fmt::Display for CopyReport {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for set in &self.sets {
            writeln!(f, "{set}")?;
            for difference in &set.differences {
                writeln!(f, "  {}: {}", difference.key, difference.reason)?;
            }
            let unnamed = set.different - set.differences.len() as u64;
            if unnamed > 0 {
                writeln!(f, "  and {unnamed} more")?;
            }
        }
        Ok(())
    }
}
