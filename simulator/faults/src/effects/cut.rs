use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::stream::{Item, Stage, What};

/// Ends the connection after a number of bytes: exactly these pass, then both sides are ended in order.
///
/// Bytes are counted in each direction apart, from when the fault meets the connection.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Cut {
    /// Number of bytes that pass. With 0 the connection ends when the first byte would pass.
    pub after_bytes: u64,
    /// Ends the connection as soon as these have passed, not only when more would. By default false.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub at_once: bool,
}

impl Cut {
    pub(super) fn stage(self) -> Box<dyn Stage> {
        Box::new(Cutting {
            left: self.after_bytes,
            at_once: self.at_once,
        })
    }
}

#[derive(Debug)]
struct Cutting {
    left: u64,
    at_once: bool,
}

impl Stage for Cutting {
    fn pass(&mut self, item: Item, out: &mut Vec<Item>) -> bool {
        let Some((due, mut bytes)) = item.bytes_or_pass(None, out) else {
            return false;
        };
        let length = bytes.len() as u64;
        if self.left > length || (self.left == length && !self.at_once) {
            self.left -= length;
            out.push(Item::data(due, bytes));
            return false;
        }
        bytes.truncate(usize::try_from(self.left).unwrap_or(usize::MAX));
        self.left = 0;
        if !bytes.is_empty() {
            out.push(Item::data(due, bytes));
        }
        out.push(Item { due, what: What::Close });
        true
    }
}
