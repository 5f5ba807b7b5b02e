use std::time::Duration;

use schemars::JsonSchema;
use serde::{Deserialize, Serialize};
use tokio::time::Instant;

use crate::{
    fault::{Problem, within},
    stream::{Item, Stage},
};

/// Limits the rate of each direction of each connection. A sender that is faster is slowed down by its window, beside
/// a tenth of a second's worth of bytes that the proxy holds, at most 64 KiB.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Bandwidth {
    /// Bytes per second, at least 1.
    pub bytes_per_second: u64,
}

impl Bandwidth {
    pub(super) fn check(&self) -> Result<(), Problem> {
        within("does.bandwidth.bytes_per_second", self.bytes_per_second, 1, 1 << 40)
    }

    pub(super) fn stage(self) -> Box<dyn Stage> {
        Box::new(Limiting {
            rate: self.bytes_per_second,
            free: None,
        })
    }

    /// Most bytes that the proxy may hold while it is laid.
    pub(crate) fn room(self) -> usize {
        usize::try_from(self.bytes_per_second / 10)
            .unwrap_or(usize::MAX)
            .clamp(1, 64 * 1024)
    }
}

#[derive(Debug)]
struct Limiting {
    rate: u64,
    /// Time at which all earlier bytes have passed.
    free: Option<Instant>,
}

impl Stage for Limiting {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let Some((due, mut bytes)) = item.bytes_or_pass(self.free, out) else {
            return false;
        };
        // A fiftieth of a second's worth at once: the flow is even, and pieces are not tiny.
        let piece = usize::try_from(self.rate / 50)
            .unwrap_or(usize::MAX)
            .clamp(1, 64 * 1024);
        while !bytes.is_empty() {
            let piece = bytes.split_to(piece.min(bytes.len()));
            let nanoseconds = u128::from(piece.len() as u64) * 1_000_000_000 / u128::from(self.rate);
            let takes = Duration::from_nanos(u64::try_from(nanoseconds).unwrap_or(u64::MAX));
            let free = self.free.map_or(due, |free| free.max(due)) + takes;
            self.free = Some(free);
            out.push(Item::data(free, piece));
        }
        true
    }
}
