use axum::{extract::Request, http::HeaderMap, response::Response};
use seam::Context;

use super::{failure::Failure, reply::refuse};
use crate::{Error, ErrorCode, error::NoConflict};

/// Replies to a path that no route has: 404 `UNKNOWN_ROUTE`, in the envelope. For `Router::fallback`.
pub async fn fallback(request: Request) -> Response {
    let message = format!("there is no route {}; /openapi.json lists all", request.uri().path());
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
        request.uri().path(),
        request.method()
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

fn context(headers: &HeaderMap) -> Context {
    Context::try_current().unwrap_or_else(|| seam::http::extract(headers))
}
