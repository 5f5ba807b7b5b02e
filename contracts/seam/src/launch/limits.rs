use std::time::Duration;

/// The limits of a launch: all that protects callers and memory from the second side, and the measures of its gate.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Limits {
    /// The time that the second side has for a call: 1 s.
    pub time: Duration,
    /// The time that the first side of a write to both has after its caller went away: 30 s. Then nobody knows whether
    /// it wrote, and the write is left to a repair.
    pub abandoned: Duration,
    /// The most calls that are on their way to the second side at once: 64. Further ones are shed.
    pub at_once: usize,
    /// The time after which a mismatch of the same shape counts as confirmed: 60 s.
    pub pause: Duration,
    /// The number of observations that are kept in memory: 1,000.
    pub observations: usize,
    /// The candidate may take this many times as long as the control: 1.5.
    pub latency_ratio: f64,
    /// And this much longer, so that calls of a few microseconds don't count: 1 ms.
    pub latency_slack: Duration,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            time: Duration::from_secs(1),
            abandoned: Duration::from_secs(30),
            at_once: 64,
            pause: Duration::from_secs(60),
            observations: 1_000,
            latency_ratio: 1.5,
            latency_slack: Duration::from_millis(1),
        }
    }
}
