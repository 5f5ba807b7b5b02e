use std::{fmt, ops::AddAssign};

/// Counts of what the histories of a suite contained, summed over all consumers. A suite proves nothing about a
/// kind that it never met.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Events in the modules' logs.
    pub events: u64,
    /// Events of writes that were rolled back.
    pub rolled_back: u64,
    /// Stops of consumers, except the last.
    pub consumer_restarts: u64,
    /// Restarts of modules.
    pub module_restarts: u64,
    /// Restarts of the broker.
    pub broker_restarts: u64,
    /// Scheduled faults that handlers raised.
    pub struck: u64,
    /// Consumers killed while they handled an event.
    pub crashes: u64,
    /// Connections that were cut, or replies lost.
    pub cuts: u64,
    /// Reads that returned as many events as they requested.
    pub full_batches: u64,
    /// Reads that waited for their first event.
    pub woken: u64,
    /// Events that were passed to a handler again.
    pub again: u64,
    /// Events that were dead letters until they were cured.
    pub poisoned: u64,
}

impl Tally {
    fn counts(&self) -> [(&'static str, u64); 12] {
        [
            ("events", self.events),
            ("rolled back", self.rolled_back),
            ("consumer restarts", self.consumer_restarts),
            ("module restarts", self.module_restarts),
            ("broker restarts", self.broker_restarts),
            ("handlers struck", self.struck),
            ("crashes in an event", self.crashes),
            ("connections cut", self.cuts),
            ("full batches", self.full_batches),
            ("reads woken", self.woken),
            ("handed over again", self.again),
            ("poison", self.poisoned),
        ]
    }

    /// Names of the kinds that no history contained.
    pub fn unmet(&self) -> Vec<&'static str> {
        let counts = self.counts().into_iter();
        counts.filter(|(_, count)| *count == 0).map(|(name, _)| name).collect()
    }
}

impl AddAssign for Tally {
    fn add_assign(&mut self, other: Self) {
        self.events += other.events;
        self.rolled_back += other.rolled_back;
        self.consumer_restarts += other.consumer_restarts;
        self.module_restarts += other.module_restarts;
        self.broker_restarts += other.broker_restarts;
        self.struck += other.struck;
        self.crashes += other.crashes;
        self.cuts += other.cuts;
        self.full_batches += other.full_batches;
        self.woken += other.woken;
        self.again += other.again;
        self.poisoned += other.poisoned;
    }
}

impl fmt::Display for Tally {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let counts: Vec<_> = self
            .counts()
            .iter()
            .map(|(name, count)| format!("{count} {name}"))
            .collect();
        f.write_str(&counts.join(", "))
    }
}
