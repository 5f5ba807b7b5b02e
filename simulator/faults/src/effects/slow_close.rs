use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::latency::at_most;
use crate::{
    fault::Problem,
    stream::{Item, Stage, What},
    units,
};

/// Delays the end of a stream; its bytes are not delayed.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct SlowClose {
    /// Time from when one side ends until the other side learns of it, at most 24 h.
    #[schemars(with = "units::Text")]
    #[serde(with = "units")]
    pub delay: Duration,
}

impl SlowClose {
    pub(super) fn check(&self) -> Result<(), Problem> {
        at_most("does.slow_close.delay", self.delay, units::LONGEST)
    }

    pub(super) fn stage(self) -> Box<dyn Stage> {
        Box::new(Closing(self.delay))
    }
}

#[derive(Debug)]
struct Closing(Duration);

impl Stage for Closing {
    fn pass(&mut self, mut item: Item, out: &mut Vec<Item>) -> bool {
        let is_end = matches!(item.what, What::End);
        if is_end {
            item.due += self.0;
        }
        out.push(item);
        is_end
    }
}
