use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Accepts a new connection, then ends it in order without dialling the upstream: the client reads an end of stream.
///
/// Connections that are open already stay as they are. `direction` must be `both`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct AcceptThenClose {}
