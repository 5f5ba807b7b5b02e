use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Sends requests twice, the second right behind the first on the same connection. The client gets the first reply;
/// the second is read and dropped.
///
/// Requests with more than 1 MiB, that end their connection, ask for another protocol or for `100-continue` are
/// sent once and recorded as unfit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Duplicate {}
