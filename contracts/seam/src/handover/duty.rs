use std::fmt;

use serde::{Deserialize, Serialize};

/// Which of two sides acts: makes charges, sends mail, and does whatever else must be done once.
///
/// Each side stores the last *epoch* that it knows, a number that only grows, and its part in it. A side begins to act
/// in an epoch only with the [`Release`] of the other side for it, and only if it has neither known nor given away that
/// epoch before. So with one process on each database one side acts at most at any time, whatever it believes: between
/// the two moments nobody does. The rule is that of fencing tokens (Kleppmann, "How to do distributed locking", 2016),
/// with the token stored on both sides.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Duty {
    /// The last epoch that the side knows; 0 in a database that never took part in a handover.
    pub epoch: i64,
    /// The side's part in it.
    pub acts: bool,
}

/// The promise of a side that it acts in no epoch up to this one. It is stored before it is given, and what the side
/// had under way is done.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Release {
    /// The epoch that is given away.
    pub epoch: i64,
}

impl fmt::Display for Duty {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let part = if self.acts { "acts" } else { "stands by" };
        write!(f, "{part} in epoch {}", self.epoch)
    }
}
