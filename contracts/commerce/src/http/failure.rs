use std::{fmt, time::Duration};

use serde::{Serialize, de::DeserializeOwned};
use serde_json::Value;

use super::envelope::ErrorBody;
use crate::{Error, ErrorCode, Invalid, error::NoConflict};

/// A failure in its form on the wire: any [`Error`], or a refusal that exists on HTTP only.
pub(crate) struct Failure {
    pub(crate) body: ErrorBody,
    pub(crate) retry_after: Option<Duration>,
}

impl Failure {
    /// Makes a failure that exists on HTTP only.
    pub(crate) fn of_http(code: ErrorCode, message: String) -> Self {
        Self::plain(code, message, Value::Null)
    }

    /// Makes the failure for a body over the limit. Clients read it as invalid input.
    pub(crate) fn body_too_large(length: usize, limit: usize) -> Self {
        let seen = format!("{length} bytes or more");
        let invalid = Invalid::new("body", seen, format!("at most {limit} bytes"));
        let details = serde_json::to_value(&invalid).unwrap_or_default();
        Self::plain(ErrorCode::BodyTooLarge, invalid.to_string(), details)
    }

    fn plain(code: ErrorCode, message: String, details: Value) -> Self {
        Self {
            body: ErrorBody { code, message, details },
            retry_after: None,
        }
    }
}

impl<C: fmt::Display + Serialize> From<Error<C>> for Failure {
    fn from(error: Error<C>) -> Self {
        let details = match serde_json::to_value(&error) {
            Ok(Value::Object(tagged)) => tagged.into_iter().next().map(|(_, details)| details),
            _ => None,
        };
        Self {
            body: ErrorBody {
                code: error.code(),
                message: error.to_string(),
                details: details.unwrap_or_default(),
            },
            retry_after: error.retry_after(),
        }
    }
}

impl From<Invalid> for Failure {
    fn from(invalid: Invalid) -> Self {
        Error::<NoConflict>::InvalidInput(invalid).into()
    }
}

/// Rebuilds the error that a server raised from its body; fails with the reason if the body is not in the
/// documented form.
pub(crate) fn read<C>(status: u16, body: ErrorBody) -> Result<Error<C>, String>
where
    C: fmt::Display + DeserializeOwned,
{
    let ErrorBody { code, message, details } = body;
    if status != code.status() {
        return Err(format!("status {status} does not belong to {code}"));
    }
    let variant = match code {
        ErrorCode::OutcomeUnknown => "transport".to_owned(),
        ErrorCode::BodyTooLarge => "invalid_input".to_owned(),
        ErrorCode::UnknownRoute
        | ErrorCode::MethodNotAllowed
        | ErrorCode::UnsupportedMediaType
        | ErrorCode::NotImplemented => {
            return Err(format!("{code}: {message}"));
        }
        known => known.as_str().to_ascii_lowercase(),
    };
    let tagged = match details {
        Value::Null => Value::String(variant),
        details => Value::Object([(variant, details)].into_iter().collect()),
    };
    serde_json::from_value(tagged).map_err(|_| format!("details of {code} are not of the documented form"))
}
