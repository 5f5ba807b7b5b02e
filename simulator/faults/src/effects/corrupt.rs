use bytes::{Bytes, BytesMut};
use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::{
    draw::{Draws, below},
    fault::{Problem, within},
    stream::{Item, Stage, What},
};

/// Changes one byte in each run of `every` bytes to another value. The number of bytes stays.
///
/// The place in the run and the new value follow from the seed, the link, the connection, the fault's name and the
/// place in the stream, however the stream is split up. Bytes are counted from when the fault meets the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Corrupt {
    /// Length of a run in bytes, at least 1: with 1 every byte is changed.
    pub every: u64,
}

impl Corrupt {
    pub(super) fn check(&self) -> Result<(), Problem> {
        within("does.corrupt.every", self.every, 1, u64::from(u32::MAX))
    }

    pub(super) fn stage(self, key: u64) -> Box<dyn Stage> {
        Box::new(Corrupting::new(self.every, key))
    }
}

/// Place in a stream of which one byte in each run is changed.
#[derive(Debug)]
pub(crate) struct Corrupting {
    every: u64,
    passed: u64,
    draws: Draws,
}

impl Corrupting {
    pub(crate) fn new(every: u64, key: u64) -> Self {
        Self {
            every,
            passed: 0,
            draws: Draws::new(key, "corrupt"),
        }
    }

    /// Takes the next bytes; returns them changed if the place of a change is among them.
    pub(crate) fn change(&mut self, bytes: &Bytes) -> Option<Bytes> {
        let end = self.passed + bytes.len() as u64;
        let mut changed = None;
        for run in self.passed / self.every..=end / self.every {
            let place = run * self.every + below(self.draws.at(2 * run), self.every);
            if (self.passed..end).contains(&place) {
                let mask = u8::try_from(1 + below(self.draws.at(2 * run + 1), 255)).unwrap_or(1);
                let bytes = changed.get_or_insert_with(|| BytesMut::from(&bytes[..]));
                bytes[usize::try_from(place - self.passed).unwrap_or(0)] ^= mask;
            }
        }
        self.passed = end;
        changed.map(BytesMut::freeze)
    }
}

impl Stage for Corrupting {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let What::Data(bytes) = &item.what else {
            out.push(item);
            return false;
        };
        match self.change(bytes) {
            Some(changed) => {
                out.push(Item::data(item.due, changed));
                true
            }
            None => {
                out.push(item);
                false
            }
        }
    }
}
