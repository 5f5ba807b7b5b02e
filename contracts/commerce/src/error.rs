use std::{fmt, time::Duration};

use seam::{ContractError, TransportFailure};
use serde::{Deserialize, Serialize};

use crate::ErrorCode;

/// A value that was refused: which field, what was seen, what was wanted.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error, utoipa::ToSchema)]
#[error("{field} is {value:?}, wanted {wanted}")]
pub struct Invalid {
    /// The field, as the caller wrote it.
    pub field: String,
    /// What was seen, cut to 100 characters.
    pub value: String,
    /// What would be accepted.
    pub wanted: String,
}

impl Invalid {
    /// A refusal of `value` for `field`.
    pub fn new(field: impl Into<String>, value: impl fmt::Display, wanted: impl Into<String>) -> Self {
        let value = value.to_string().chars().take(100).collect();
        Self {
            field: field.into(),
            value,
            wanted: wanted.into(),
        }
    }
}

/// What a call of any of our contracts fails with; `C` is what that contract calls a conflict.
///
/// Each variant has exactly one [`ErrorCode`], and each code one HTTP status: the table stands in `error_code.rs`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
#[serde(rename_all = "snake_case")]
pub enum Error<C: fmt::Display> {
    /// There is no such thing.
    #[error("there is no {what} {id}")]
    NotFound {
        /// The kind of thing: "order", "payment", "product" ...
        what: String,
        /// The id that was looked for.
        id: String,
    },
    /// The request is malformed; nothing was done and nothing is remembered.
    #[error("{0}")]
    InvalidInput(Invalid),
    /// The state of the thing forbids it.
    #[error("{0}")]
    Conflict(C),
    /// The key was used before with another request.
    #[error("idempotency key {key} was used with another request; use a fresh key")]
    KeyReused {
        /// The key.
        key: String,
    },
    /// The same request is being worked on right now.
    #[error("the request with idempotency key {key} is still in flight; repeat it in {retry_after_ms} ms")]
    InFlight {
        /// The key.
        key: String,
        /// When a repeat may find the answer.
        retry_after_ms: u64,
    },
    /// A command that needs an idempotency key came without one.
    #[error("this command needs the header Idempotency-Key: 1 to 255 visible ASCII characters")]
    KeyMissing,
    /// The caller may not do this.
    #[error("not allowed: {reason}")]
    Unauthorized {
        /// Why.
        reason: String,
    },
    /// Too many requests.
    #[error("too many requests; repeat it in {retry_after_ms} ms")]
    RateLimited {
        /// When a repeat is welcome.
        retry_after_ms: u64,
    },
    /// Something this service needs can't be reached; what was asked for is not decided yet, and may still go on; the same request may be repeated.
    #[error("{service} is not available ({reason}); repeat the same request")]
    ServiceUnavailable {
        /// What could not be reached.
        service: String,
        /// Why.
        reason: String,
    },
    /// A defect of ours. The cause stays in the log, under the request id.
    #[error("internal error")]
    Internal,
    /// No answer: it may have happened.
    #[error("{0}")]
    Transport(TransportFailure),
}

impl<C: fmt::Display> Error<C> {
    /// The code of this failure: no other variant has it.
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

    /// When repeating the same request makes sense, for the failures that pass by themselves.
    pub fn retry_after(&self) -> Option<Duration> {
        match self {
            Self::InFlight { retry_after_ms, .. } | Self::RateLimited { retry_after_ms } => {
                Some(Duration::from_millis(*retry_after_ms))
            }
            Self::ServiceUnavailable { .. } => Some(Duration::from_secs(1)),
            _ => None,
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
        Self::Transport(failure)
    }
}

impl<C: fmt::Debug + fmt::Display + Send + Sync + 'static> ContractError for Error<C> {
    fn transport(&self) -> Option<&TransportFailure> {
        match self {
            Self::Transport(failure) => Some(failure),
            _ => None,
        }
    }
}

/// The conflict of what knows no conflicts: no value of it exists.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize, thiserror::Error)]
pub(crate) enum NoConflict {}
