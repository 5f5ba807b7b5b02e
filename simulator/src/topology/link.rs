use std::fmt;

use super::Endpoint;

/// Caller of the links that lead into a topology from outside, through the front doors of its nodes.
pub const OUTSIDE: &str = "outside";

/// Path from one node to one endpoint of another node, or of its own.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Link {
    /// Name of the node that calls.
    pub caller: String,
    /// Endpoint that is called.
    pub endpoint: Endpoint,
}

impl Link {
    /// Path from outside to an endpoint: its front door.
    pub fn from_outside(endpoint: Endpoint) -> Self {
        Self {
            caller: OUTSIDE.to_owned(),
            endpoint,
        }
    }

    /// Name as `caller->callee:port`, from which the chance of its faults derives.
    pub fn key(&self) -> String {
        format!("{}->{}:{}", self.caller, self.endpoint.node, self.endpoint.port)
    }
}

impl fmt::Display for Link {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // As files and commands name it, so that it can be pasted there.
        write!(f, "{} -> {}:{}", self.caller, self.endpoint.node, self.endpoint.port)
    }
}
