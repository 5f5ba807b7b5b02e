use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Drops replies: as soon as the head of the reply arrives, so the upstream has acted, the connection is ended in
/// order on both sides. The client gets no byte of the reply and can't know if its request was carried out.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct DropReply {}
