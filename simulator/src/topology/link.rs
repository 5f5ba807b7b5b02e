use std::fmt;

use super::Endpoint;

/// Path from one node to one endpoint of another node, or of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Name of the node that calls.
    pub caller: String,
    /// Endpoint that is called.
    pub endpoint: Endpoint,
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} -> {}", self.caller, self.endpoint)
    }
}
