use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

use crate::fault::{Problem, within};

/// Changes one byte in each run of `every` bytes of the content of replies to another value. Heads, and what frames
/// chunks, stay whole, so the reply is valid HTTP. Bytes are counted in each reply from its start.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct CorruptBody {
    /// Length of a run in bytes, at least 1: with 1 every byte is changed.
    pub every: u64,
}

impl CorruptBody {
    pub(super) fn check(&self) -> Result<(), Problem> {
        within("does.corrupt_body.every", self.every, 1, u64::from(u32::MAX))
    }
}
