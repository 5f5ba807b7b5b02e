use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, RefOr, Schema, Type};

/// Declares all failures, one row each, so that code, text and status can't drift apart.
macro_rules! error_codes {
    ($( $(#[$doc:meta])* $name:ident = $text:literal, $status:literal; )*) => {
        /// Machine-readable code of a failure, with its HTTP status. The set is closed.
        ///
        /// The last five codes exist on HTTP only: no implementation of a contract raises them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ErrorCode {
            $( $(#[$doc])* #[serde(rename = $text)] $name, )*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// Returns the code's text on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// Returns the HTTP status of replies with this code.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

error_codes! {
    /// Nothing has this id.
    NotFound = "NOT_FOUND", 404;
    /// The request is malformed; it had no effect.
    InvalidInput = "INVALID_INPUT", 400;
    /// The present state forbids the call.
    Conflict = "CONFLICT", 409;
    /// The idempotency key was used before with another request.
    KeyReused = "KEY_REUSED", 422;
    /// The same request is still in progress; `Retry-After` says when to repeat it.
    InFlight = "IN_FLIGHT", 409;
    /// The command needs an idempotency key and has none.
    KeyMissing = "KEY_MISSING", 400;
    /// The caller lacks the permission.
    Unauthorized = "UNAUTHORIZED", 401;
    /// The caller has sent too many requests; `Retry-After` says when to repeat it.
    RateLimited = "RATE_LIMITED", 429;
    /// Another service that the call needs can't be reached; nothing was done. `Retry-After` says when to repeat it.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503;
    /// A defect of the service.
    Internal = "INTERNAL", 500;
    /// The outcome is unknown: the call may have happened, and may still happen. The same request under the same key
    /// finds out; `Retry-After` says when to repeat it.
    OutcomeUnknown = "OUTCOME_UNKNOWN", 504;
    /// No route has this path.
    UnknownRoute = "UNKNOWN_ROUTE", 404;
    /// The path does not have this method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// The body is larger than 2 MiB.
    BodyTooLarge = "BODY_TOO_LARGE", 413;
    /// The body is not declared as JSON, or is declared as compressed.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
    /// The body is in a transfer coding other than chunked.
    NotImplemented = "NOT_IMPLEMENTED", 501;
}

impl ErrorCode {
    /// Parses a code's text; `None` if the table does not have it.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// By hand, because the derived schema would have the Rust names of the variants.
impl utoipa::PartialSchema for ErrorCode {
    fn schema() -> RefOr<Schema> {
        let texts = Self::ALL.iter().map(|code| code.as_str());
        Object::builder()
            .schema_type(Type::String)
            .enum_values(Some(texts))
            .build()
            .into()
    }
}

impl utoipa::ToSchema for ErrorCode {}
