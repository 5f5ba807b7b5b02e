use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::latency::at_most;
use crate::{fault::Problem, units};

/// Holds everything back, also the ends of streams, as a network does that has lost its route. Connections stay
/// open and new ones are accepted.
///
/// The proxy stops reading, so the sender's window fills up. Lifting passes on what was held: no byte is lost.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Timeout {
    /// Time from when the fault meets the connection until both sides are ended in order and held bytes are
    /// lost, at most 24 h; by default never.
    #[serde(with = "units::optional", skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
}

impl Timeout {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let after = self.after.unwrap_or_default();
        at_most("does.timeout.after", after, units::LONGEST)
    }
}
