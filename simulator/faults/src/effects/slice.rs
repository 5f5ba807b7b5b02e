use std::time::Duration;

use bytes::Bytes;
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use super::latency::at_most;
use crate::{
    draw::{Draws, below},
    fault::{Problem, within},
    stream::{Item, Stage},
    units,
};

/// Passes bytes on in small pieces, each written on its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Slice {
    /// Size of a piece in bytes, at least 1. What the sender wrote in smaller pieces stays small.
    pub size: u64,
    /// Most bytes by which a piece is smaller or larger than `size`, below `size`; drawn evenly. By default none.
    #[serde(default)]
    pub variation: u64,
    /// Least time between two pieces, at most 1 minute. By default none.
    #[schemars(with = "units::Text")]
    #[serde(default, with = "units")]
    pub delay: Duration,
}

impl Slice {
    pub(super) fn check(&self) -> Result<(), Problem> {
        within("does.slice.size", self.size, 1, 1 << 30)?;
        within("does.slice.variation", self.variation, 0, self.size - 1)?;
        at_most("does.slice.delay", self.delay, Duration::from_secs(60))
    }

    pub(super) fn stage(self, key: u64) -> Box<dyn Stage> {
        Box::new(Slicing {
            slice: self,
            draws: Draws::new(key, "slice"),
            next: None,
        })
    }
}

#[derive(Debug)]
struct Slicing {
    slice: Slice,
    draws: Draws,
    next: Option<Instant>,
}

impl Slicing {
    fn size(&mut self) -> usize {
        let spread = below(self.draws.bits(), 2 * self.slice.variation + 1);
        usize::try_from(self.slice.size - self.slice.variation + spread).unwrap_or(usize::MAX)
    }

    fn due(&mut self, earliest: Instant) -> Instant {
        let due = self.next.map_or(earliest, |next| next.max(earliest));
        self.next = Some(due + self.slice.delay);
        due
    }
}

impl Stage for Slicing {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let Some((due, mut bytes)) = item.bytes_or_pass(self.next, out) else {
            return false;
        };
        let mut pieces = 0;
        while !bytes.is_empty() {
            let piece: Bytes = bytes.split_to(self.size().min(bytes.len()));
            let due = self.due(due);
            out.push(Item::data(due, piece));
            pieces += 1;
        }
        pieces > 1 || !self.slice.delay.is_zero()
    }
}
