use schemars::JsonSchema;
use serde::{Deserialize, Serialize};

/// Refuses connections: `connect` fails with "connection refused", as if nothing listened.
///
/// The listening socket is closed, which resets connections that wait to be accepted, and the address is kept by a
/// socket that is bound to it and does not listen. Lifting listens there again. Open connections stay as they are.
/// An address is closed for everybody: `connections` must be `all` and `direction` must be `both`. Refused attempts
/// can't be seen, so they are not counted.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize, JsonSchema)]
#[serde(deny_unknown_fields)]
pub struct Refuse {}
