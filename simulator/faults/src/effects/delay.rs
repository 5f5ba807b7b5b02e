use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::{
    Distribution,
    latency::{LONGEST, at_most, drawn},
};
use crate::{draw::Draws, fault::Problem, units};

/// Delays requests or replies as a whole. What comes behind them on their connection waits for them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Delay {
    /// Delay from the arrival of the head, at most 1 h.
    #[schemars(with = "units::Text")]
    #[serde(with = "units")]
    pub delay: Duration,
    /// Spread of the delay, at most 1 h: see [`Distribution`]. By default none.
    #[schemars(with = "units::Text")]
    #[serde(default, with = "units", skip_serializing_if = "Duration::is_zero")]
    pub jitter: Duration,
    /// Distribution of the delay.
    #[serde(default)]
    pub distribution: Distribution,
}

impl Delay {
    pub(super) fn check(&self, kind: &str) -> Result<(), Problem> {
        at_most(&format!("does.{kind}.delay"), self.delay, LONGEST)?;
        at_most(&format!("does.{kind}.jitter"), self.jitter, LONGEST)
    }

    /// Draws the delay of one message.
    pub(crate) fn drawn(&self, key: u64) -> Duration {
        let mut draws = Draws::new(key, "delay");
        drawn(self.delay, self.jitter, self.distribution, &mut draws)
    }
}
