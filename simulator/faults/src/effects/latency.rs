use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    draw::Draws,
    fault::Problem,
    stream::{Item, Stage, What},
    units,
};

/// Longest delay that can be set, and longest that is drawn.
pub(super) const LONGEST: Duration = Duration::from_secs(3600);

/// Delays bytes, and the end of the stream behind them.
///
/// Bytes stay in order and wait side by side: a message of many pieces is late once, not once for each piece. One
/// delay is drawn for each piece that the proxy reads, so the amounts follow from the seed as far as the pieces do.
/// The proxy holds at most 1 MiB in each direction of a connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Latency {
    /// Delay, at most 1 h.
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

/// Distribution of a delay; none goes below 0 or above 1 h.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(rename_all = "snake_case")]
pub enum Distribution {
    /// Even between `delay - jitter` and `delay + jitter`.
    #[default]
    Uniform,
    /// Normal with mean `delay` and standard deviation `jitter`.
    Normal,
    /// `delay` and an exponential time on top whose mean is `jitter`.
    Exponential,
}

impl Latency {
    pub(super) fn check(&self) -> Result<(), Problem> {
        at_most("does.latency.delay", self.delay, LONGEST)?;
        at_most("does.latency.jitter", self.jitter, LONGEST)
    }

    pub(super) fn stage(self, key: u64) -> Box<dyn Stage> {
        Box::new(Delaying {
            latency: self,
            draws: Draws::new(key, "latency"),
            last: None,
        })
    }
}

/// Draws a delay.
pub(super) fn drawn(delay: Duration, jitter: Duration, distribution: Distribution, draws: &mut Draws) -> Duration {
    let (first, second) = (draws.number(), draws.number());
    let spread = match distribution {
        Distribution::Uniform => 2.0 * first - 1.0,
        // Box and Muller's way; 1 - x is never 0, of which there is no logarithm.
        Distribution::Normal => (-2.0 * (1.0 - first).ln()).sqrt() * (std::f64::consts::TAU * second).cos(),
        Distribution::Exponential => -(1.0 - first).ln(),
    };
    let seconds = delay.as_secs_f64() + spread * jitter.as_secs_f64();
    Duration::from_secs_f64(seconds.clamp(0.0, LONGEST.as_secs_f64()))
}

#[derive(Debug)]
struct Delaying {
    latency: Latency,
    draws: Draws,
    last: Option<Instant>,
}

impl Stage for Delaying {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let delay = match item.what {
            What::Data(_) => {
                let Latency {
                    delay,
                    jitter,
                    distribution,
                } = self.latency;
                drawn(delay, jitter, distribution, &mut self.draws)
            }
            What::End | What::Close => Duration::ZERO,
        };
        let due = item.due + delay;
        let due = self.last.map_or(due, |last| last.max(due));
        self.last = Some(due);
        out.push(Item { due, ..item });
        !delay.is_zero()
    }
}

/// Checks that a time is not longer than its limit.
pub(super) fn at_most(field: &str, value: Duration, most: Duration) -> Result<(), Problem> {
    if value <= most {
        return Ok(());
    }
    Err(Problem::new(
        field,
        units::show(value),
        &format!("at most {}", units::show(most)),
    ))
}
