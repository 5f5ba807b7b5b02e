use serde::{Deserialize, Serialize};

/// The failure of a call that left and got no answer: it may have happened, and may still happen.
///
/// Never read this as "it failed". Ask the other side, or repeat the call with the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("outcome of the call to {to} is unknown: {reason}")]
pub struct TransportFailure {
    /// The contract or address that was called.
    pub to: String,
    /// The reason why no answer came, for people.
    pub reason: String,
}

impl TransportFailure {
    /// Creates the failure of a call to `to`.
    pub fn new(to: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            reason: reason.into(),
        }
    }
}
