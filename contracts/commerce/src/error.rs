use std::{fmt, time::Duration};

use seam::{ContractError, TransportFailure};
use serde::{Deserialize, Serialize};

use crate::ErrorCode;

/// A refused value, with its field and the values that would be accepted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[error("{field} is {value:?}, wanted {wanted}")]
pub struct Invalid {
    /// Name of the field, as the caller wrote it, cut to 100 characters.
    pub field: String,
    /// The value seen, cut to 100 characters.
    pub value: String,
    /// Description of the values that would be accepted.
    pub wanted: String,
}

impl Invalid {
    /// Makes a refusal of `value` in `field`.
    pub fn new(field: impl Into<String>, value: impl fmt::Display, wanted: impl Into<String>) -> Self {
        Self {
            field: cut(&field.into()).to_owned(),
            value: cut(&value.to_string()).to_owned(),
            wanted: wanted.into(),
        }
    }
}

/// Cuts text that a caller chose to its first 100 characters, for an answer.
pub(crate) fn cut(text: &str) -> &str {
    match text.char_indices().nth(100) {
        Some((end, _)) => &text[..end],
        None => text,
    }
}

/// Error of every method of the platform's contracts; `C` lists the conflicts of the contract.
///
/// Each variant has its own [`ErrorCode`], and each code one HTTP status ([`ErrorCode::status`]).
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error<C: fmt::Display> {
    /// Nothing has this id.
    #[error("there is no {what} {id}")]
    NotFound {
        /// Kind of thing that was looked for: "order", "payment", "product" ...
        what: String,
        /// Id that was looked for.
        id: String,
    },
    /// The request is malformed. It had no effect, and its key stays new.
    #[error("{0}")]
    InvalidInput(Invalid),
    /// The present state forbids the call.
    #[error("{0}")]
    Conflict(C),
    /// The idempotency key was used before with another request.
    #[error("idempotency key {key} was used with another request; use a fresh key")]
    KeyReused {
        /// The idempotency key.
        key: String,
    },
    /// The same request is still in progress.
    #[error("the request with idempotency key {key} is still in flight; repeat it in {retry_after_ms} ms")]
    InFlight {
        /// The idempotency key.
        key: String,
        /// Milliseconds after which a repeat may find the reply.
        retry_after_ms: u64,
    },
    /// The command needs an idempotency key and has none.
    #[error("this command needs the header Idempotency-Key: 1 to 255 visible ASCII characters")]
    KeyMissing,
    /// The caller lacks the permission.
    #[error("not allowed: {reason}")]
    Unauthorized {
        /// Missing permission, for people.
        reason: String,
    },
    /// The caller has sent too many requests.
    #[error("too many requests; repeat it in {retry_after_ms} ms")]
    RateLimited {
        /// Milliseconds after which a repeat is accepted.
        retry_after_ms: u64,
    },
    /// Another service that the call needs can't be reached. Nothing was done, and nothing will be unless the request
    /// is repeated. A call that may still happen fails with [`Error::Transport`] instead.
    #[error("{service} is not available ({reason}); nothing was done, repeat the request later")]
    ServiceUnavailable {
        /// Name of the service that could not be reached.
        service: String,
        /// Reason of the failure, for people.
        reason: String,
    },
    /// A defect of the service. Its log has the cause under the request id.
    #[error("internal error")]
    Internal,
    /// The outcome is unknown, because no reply came or because the call goes on: it may have happened, and may still
    /// happen. The same request under the same key finds out.
    #[error("{0}")]
    Transport(TransportFailure),
}

impl<C: fmt::Display> Error<C> {
    /// Returns the code of this variant, which no other variant has.
    pub fn code(&self) -> ErrorCode {
        match self {
            Self::NotFound { .. } => ErrorCode::NotFound,
            Self::InvalidInput(_) => ErrorCode::InvalidInput,
            Self::Conflict(_) => ErrorCode::Conflict,
            Self::KeyReused { .. } => ErrorCode::KeyReused,
            Self::InFlight { .. } => ErrorCode::InFlight,
            Self::KeyMissing => ErrorCode::KeyMissing,
            Self::Unauthorized { .. } => ErrorCode::Unauthorized,
            Self::RateLimited { .. } => ErrorCode::RateLimited,
            Self::ServiceUnavailable { .. } => ErrorCode::ServiceUnavailable,
            Self::Internal => ErrorCode::Internal,
            Self::Transport(_) => ErrorCode::OutcomeUnknown,
        }
    }

    /// Returns the time after which a repeat makes sense; `None` for failures that do not pass by themselves. An
    /// unknown outcome has one: the repeat finds it out.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::InFlight { retry_after_ms, .. } | Self::RateLimited { retry_after_ms } => {
                Some(Duration::from_millis(*retry_after_ms))
            }
            Self::ServiceUnavailable { .. } | Self::Transport(_) => Some(Duration::from_secs(1)),
            _ => None,
        }
    }

    /// Returns the reason alone, for an error that names the same service again: the reason must not repeat what that
    /// error says anyway.
    pub fn reason(&self) -> String {
        match self {
            Self::ServiceUnavailable { reason, .. } | Self::Transport(TransportFailure { reason, .. }) => {
                reason.clone()
            }
            other => other.to_string(),
        }
    }
}

impl<C: fmt::Display> From<Invalid> for Error<C> {
    fn from(invalid: Invalid) -> Self {
        Self::InvalidInput(invalid)
    }
}

impl<C: fmt::Display> From<TransportFailure> for Error<C> {
    fn from(failure: TransportFailure) -> Self {
        match failure.is_unsent() {
            true => Self::ServiceUnavailable {
                service: failure.to,
                reason: failure.reason,
            },
            false => Self::Transport(failure),
        }
    }
}

impl<C: fmt::Debug + fmt::Display + Send + Sync + 'static> ContractError for Error<C> {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            _ => None,
        }
    }

    fn is_not_done(&self) -> bool {
        matches!(self, Self::ServiceUnavailable { .. } | Self::RateLimited { .. })
    }
}

/// Conflict type of operations that have no conflicts: it has no values.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum NoConflict {}
