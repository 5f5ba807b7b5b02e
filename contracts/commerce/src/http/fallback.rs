use axum::{extract::Request, http::HeaderMap, response::Response};
use seam::Context;

use super::{failure::Failure, reply::refuse};
use crate::{
    Error, ErrorCode, Invalid,
    error::{NoConflict, cut},
};

/// Replies to a path that no route has: 404 `UNKNOWN_ROUTE`, in the envelope. For `Router::fallback`.
pub async fn fallback(request: Request) -> Response {
    let path = cut(request.uri().path());
    let message = format!("there is no route {path}; /openapi.json lists all");
    refuse(
        Failure::of_http(ErrorCode::UnknownRoute, message),
        &context(request.headers()),
    )
}

/// Replies to a method that the path does not have: 405 `METHOD_NOT_ALLOWED`, in the envelope; axum adds `Allow`.
///
/// The routers of this crate already use it.
pub async fn method_not_allowed(request: Request) -> Response {
    let message = format!(
        "{} has no method {}; the header Allow lists its methods",
        cut(request.uri().path()),
        cut(request.method().as_str())
    );
    refuse(
        Failure::of_http(ErrorCode::MethodNotAllowed, message),
        &context(request.headers()),
    )
}

/// Makes the reply to a request in which the service itself failed, such as by a panic: 500 `INTERNAL`, in the
/// envelope.
///
/// The reply does not tell the cause: log it.
pub fn internal(context: &Context) -> Response {
    refuse(Error::<NoConflict>::Internal.into(), context)
}

/// Makes the reply to a request that is refused before a route sees it, for a value that is not as wanted: 400
/// `INVALID_INPUT`, in the envelope.
pub fn invalid(invalid: Invalid, headers: &HeaderMap) -> Response {
    refuse(invalid.into(), &context(headers))
}

/// Makes the reply to a request in a transfer coding other than chunked: 501 `NOT_IMPLEMENTED`, in the envelope.
pub fn not_implemented(message: String, headers: &HeaderMap) -> Response {
    refuse(Failure::of_http(ErrorCode::NotImplemented, message), &context(headers))
}

/// Makes the reply to a request that the server has no room for, and has not begun: 503 `SERVICE_UNAVAILABLE`, in the
/// envelope, with `Retry-After`.
pub fn overloaded(reason: &str, headers: &HeaderMap) -> Response {
    let error: Error<NoConflict> = Error::ServiceUnavailable {
        service: "this service".to_owned(),
        reason: reason.to_owned(),
    };
    refuse(error.into(), &context(headers))
}

fn context(headers: &HeaderMap) -> Context {
    Context::try_current().unwrap_or_else(|| seam::http::extract(headers))
}
