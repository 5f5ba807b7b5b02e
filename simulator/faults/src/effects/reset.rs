use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::latency::at_most;
use crate::{
    fault::Problem,
    stream::{Item, Stage},
    units,
};

/// Resets connections on both sides: client and upstream get an RST, new and open connections alike. Bytes that the
/// proxy holds are lost. `direction` must be `both`, unless `on_bytes` is set.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(default, deny_unknown_fields)]
pub struct Reset {
    /// Time from when the fault meets the connection to the reset, at most 24 h. By default none.
    #[schemars(with = "units::Text")]
    #[serde(with = "units")]
    pub after: Duration,
    /// Waits for bytes, or an end, in `direction`: the time begins with the first that comes, and none passes before
    /// the reset. So a reset `to_client` lets the upstream act. By default false.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub on_bytes: bool,
}

impl Reset {
    pub(super) fn check(&self) -> Result<(), Problem> {
        at_most("does.reset.after", self.after, units::LONGEST)
    }

    /// Makes the stage that waits for bytes; a reset that does not needs none.
    pub(super) fn stage(self) -> Option<Box<dyn Stage>> {
        let waiting = Waiting {
            after: self.after,
            at: None,
        };
        self.on_bytes.then(|| Box::new(waiting) as Box<dyn Stage>)
    }
}

#[derive(Debug)]
struct Waiting {
    after: Duration,
    /// Time of the reset, once bytes have come.
    at: Option<Instant>,
}

impl Stage for Waiting {
    fn pass(&mut self, mut item: Item, out: &mut Vec<Item>) -> bool {
        let at = *self.at.get_or_insert(item.due + self.after);
        item.due = item.due.max(at);
        out.push(item);
        false
    }

    fn resets_at(&self) -> Option<Instant> {
        self.at
    }
}
