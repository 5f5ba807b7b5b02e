use std::fmt;

/// What holds for every way from a module's log to its consumers.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Property {
    /// The effects of one aggregate are in the order of its versions.
    Order,
    /// Every event that was committed reaches the handler, unless it waits behind a dead letter.
    AtLeastOnce,
    /// No event takes effect twice, however often it is delivered.
    EffectOnce,
    /// Every event that was committed takes effect, whatever restarts, unless it is or waits behind a dead letter.
    NothingLost,
    /// An event of a write that was rolled back is never seen.
    OnlyCommitted,
    /// Positions become visible in order and without omission: a read shows the log as it is, from the position asked for.
    VisibleInOrder,
    /// An event that can't be handled becomes a visible dead letter, with those of its aggregate behind it, and holds up nobody else.
    Poison,
    /// Everybody is shown the same positions and events.
    SameList,
    /// Both sides start, and come to the end of the log.
    Progress,
}

/// A property that does not hold.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Violation {
    /// Which.
    pub property: Property,
    /// For whom: the adapter's name, or `module`.
    pub whom: &'static str,
    /// What was seen.
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
