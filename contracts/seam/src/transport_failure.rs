use serde::{Deserialize, Serialize};

/// The call left and no answer came back: it may have happened, and may still happen.
///
/// Never read this as "failed": ask, or repeat the call with the same key.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[error("outcome of the call to {to} is unknown: {reason}")]
pub struct TransportFailure {
    /// The contract or address that was called.
    pub to: String,
    /// What went wrong on the way, for people.
    pub reason: String,
}

impl TransportFailure {
    /// No answer from `to`, because of `reason`.
    pub fn new(to: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            reason: reason.into(),
        }
    }
}
