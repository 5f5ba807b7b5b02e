use std::fmt;

/// A promise that holds for every way from a module's log to its consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// The effects of one aggregate are in the order of its versions.
    Order,
    /// Every committed event reaches the handler, unless it waits behind a dead letter.
    AtLeastOnce,
    /// No event takes effect twice, however often it is delivered.
    EffectOnce,
    /// Every committed event takes effect, whatever restarts, unless it is a dead letter or waits behind one.
    NothingLost,
    /// An event of a write that was rolled back is never seen.
    OnlyCommitted,
    /// Positions become visible in order and without gaps: a read returns the log as it is, from the requested
    /// position.
    VisibleInOrder,
    /// An event that can't be handled becomes a visible dead letter, with later events of its aggregate behind
    /// it, and delays no other.
    Poison,
    /// Every reader sees the same positions and events.
    SameList,
    /// Both sides start and reach the end of the log.
    Progress,
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// The property that was violated.
    pub property: Property,
    /// The adapter's name, or `module`.
    pub whom: &'static str,
    /// The observation that violates it.
    pub what: String,
}

impl Violation {
    pub(super) fn new(property: Property, whom: &'static str, what: impl Into<String>) -> Self {
        Self {
            property,
            whom,
            what: what.into(),
        }
    }
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} does not hold for {}: {}", self.property, self.whom, self.what)
    }
}
