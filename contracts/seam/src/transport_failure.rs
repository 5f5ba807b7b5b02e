use std::{ops::Not, time::Duration};

use serde::{Deserialize, Serialize};

/// The failure of a call that left and got no answer: it may have happened, and may still happen.
///
/// Never read this as "it failed". Ask the other side, or repeat the call with the same key. The one exception is a
/// failure that [is unsent](TransportFailure::is_unsent).
#[derive(Clone, Debug, Serialize, Deserialize, thiserror::Error)]
#[error("{}", self.text())]
pub struct TransportFailure {
    /// The contract or address that was called.
    pub to: String,
    /// The reason why no answer came, for people.
    pub reason: String,
    #[serde(default, skip_serializing_if = "Not::not")]
    unsent: bool,
    // The rest is for this caller alone: it is neither written nor compared.
    #[serde(skip)]
    retry_after: Option<Duration>,
    #[serde(skip)]
    is_answer: bool,
}

impl TransportFailure {
    /// Creates the failure of a call to `to`.
    pub fn new(to: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            to: to.into(),
            reason: reason.into(),
            unsent: false,
            retry_after: None,
            is_answer: false,
        }
    }

    /// Creates the failure of a call to `to` that never left this process: it did not happen, and never will.
    ///
    /// For carriers that refuse a call, such as [`Bulkhead`](crate::Bulkhead) and [`Breaker`](crate::Breaker). An error
    /// that has a word for "nothing was done" uses it when it is made from such a failure.
    pub fn unsent(to: impl Into<String>, reason: impl Into<String>) -> Self {
        Self {
            unsent: true,
            ..Self::new(to, reason)
        }
    }

    /// Adds the time for which the other side asked not to be called again.
    #[must_use]
    pub fn with_retry_after(self, wait: Duration) -> Self {
        Self {
            retry_after: Some(wait),
            ..self
        }
    }

    /// Notes that the other side itself answered that it does not know the outcome.
    #[must_use]
    pub fn as_answer(self) -> Self {
        Self {
            is_answer: true,
            ..self
        }
    }

    /// Returns `true` if the other side itself answered that it does not know the outcome. It is well, and somebody
    /// behind it may not be.
    pub fn is_answer(&self) -> bool {
        self.is_answer
    }

    /// Returns `true` if the call never left this process, so that it did not happen.
    pub fn is_unsent(&self) -> bool {
        self.unsent
    }

    /// The time for which the other side asked not to be called again; `None` if it did not ask.
    pub fn retry_after(&self) -> Option<Duration> {
        self.retry_after
    }

    fn text(&self) -> String {
        let Self { to, reason, .. } = self;
        match self.unsent {
            true => format!("the call to {to} was not sent: {reason}"),
            false => format!("outcome of the call to {to} is unknown: {reason}"),
        }
    }
}

impl PartialEq for TransportFailure {
    fn eq(&self, other: &Self) -> bool {
        (&self.to, &self.reason, self.unsent) == (&other.to, &other.reason, other.unsent)
    }
}

impl Eq for TransportFailure {}
