use std::fmt;

use serde::{Deserialize, Serialize};
use utoipa::openapi::{Object, RefOr, Schema, Type};

/// Declares the closed set of failures: one row each, so that code, text and status can't drift apart.
macro_rules! error_codes {
    ($( $(#[$doc:meta])* $name:ident = $text:literal, $status:literal; )*) => {
        /// The closed set of machine-readable failures. Each has one HTTP status.
        ///
        /// The last four exist on HTTP only: no implementation of a contract raises them.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
        pub enum ErrorCode {
            $( $(#[$doc])* #[serde(rename = $text)] $name, )*
        }

        impl ErrorCode {
            /// Every code, in the order of the table.
            pub const ALL: &'static [Self] = &[$(Self::$name),*];

            /// The code as it stands on the wire.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)* }
            }

            /// The HTTP status it is answered with.
            pub const fn status(self) -> u16 {
                match self { $(Self::$name => $status,)* }
            }
        }
    };
}

error_codes! {
    /// There is no such thing.
    NotFound = "NOT_FOUND", 404;
    /// The request is malformed; nothing was done.
    InvalidInput = "INVALID_INPUT", 400;
    /// The state of the thing forbids it.
    Conflict = "CONFLICT", 409;
    /// The idempotency key was used before with another request.
    KeyReused = "KEY_REUSED", 422;
    /// The same request is being worked on; `Retry-After` says when to ask again.
    InFlight = "IN_FLIGHT", 409;
    /// The command needs an idempotency key.
    KeyMissing = "KEY_MISSING", 400;
    /// The caller may not do this.
    Unauthorized = "UNAUTHORIZED", 401;
    /// Too many requests; `Retry-After` says when to come back.
    RateLimited = "RATE_LIMITED", 429;
    /// Something the service needs is out of reach; `Retry-After` says when to come back.
    ServiceUnavailable = "SERVICE_UNAVAILABLE", 503;
    /// A defect of the service.
    Internal = "INTERNAL", 500;
    /// No answer from further down: it may have happened.
    OutcomeUnknown = "OUTCOME_UNKNOWN", 504;
    /// No route has this path.
    UnknownRoute = "UNKNOWN_ROUTE", 404;
    /// The path has no such method.
    MethodNotAllowed = "METHOD_NOT_ALLOWED", 405;
    /// The body is larger than 2 MiB.
    BodyTooLarge = "BODY_TOO_LARGE", 413;
    /// The body is not declared as JSON.
    UnsupportedMediaType = "UNSUPPORTED_MEDIA_TYPE", 415;
}

impl ErrorCode {
    /// The code that is written so; none for a text that is not in the table.
    pub fn parse(text: &str) -> Option<Self> {
        Self::ALL.iter().copied().find(|code| code.as_str() == text)
    }
}

impl fmt::Display for ErrorCode {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

// By hand: the derived schema would name the variants as Rust does.
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
