use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Cuts the bodies of replies off and ends the connection in order, though the head announces more. Bodies that
/// are not longer pass whole.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct TruncateBody {
    /// Number of bytes of content that pass.
    pub after_bytes: u64,
}
