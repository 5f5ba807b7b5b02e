use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::latency::at_most;
use crate::{fault::Problem, units};

/// Resets connections on both sides: client and upstream get an RST, new and open connections alike. Bytes that the
/// proxy holds are lost. `direction` must be `both`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Reset {
    /// Time from when the fault meets the connection to the reset, at most 24 h. By default none.
    #[serde(with = "units")]
    pub after: Duration,
}

impl Reset {
    pub(super) fn check(&self) -> Result<(), Problem> {
        at_most("does.reset.after", self.after, units::LONGEST)
    }
}
