use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use super::latency::at_most;
use crate::{
    fault::Problem,
    stream::{Item, Stage, What},
    units,
};

/// Holds everything back, also the ends of streams, as a network does that has lost its route. Connections stay
/// open and new ones are accepted.
///
/// The proxy stops reading, so the sender's window fills up. Lifting passes on what was held: no byte is lost, unless
/// `lose` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Timeout {
    /// Time from when the fault meets the connection until both sides are ended in order and held bytes are
    /// lost, at most 24 h; by default never.
    #[schemars(with = "Option<units::Text>")]
    #[serde(with = "units::optional", skip_serializing_if = "Option::is_none")]
    pub after: Option<Duration>,
    /// Loses everything instead of holding it: the proxy reads on and throws bytes away, ends pass, and lifting ends
    /// the connection in order. By default false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub lose: bool,
}

impl Timeout {
    pub(super) fn check(&self) -> Result<(), Problem> {
        let after = self.after.unwrap_or_default();
        at_most("does.timeout.after", after, units::LONGEST)
    }

    /// Makes the stage that loses everything; one that only holds needs none.
    pub(super) fn stage(self) -> Option<Box<dyn Stage>> {
        self.lose.then(|| Box::new(Losing) as Box<dyn Stage>)
    }
}

#[derive(Debug)]
struct Losing;

impl Stage for Losing {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let is_lost = matches!(item.what, What::Data(_));
        if !is_lost {
            out.push(item);
        }
        is_lost
    }

    fn ends_connection(&self) -> bool {
        true
    }
}
