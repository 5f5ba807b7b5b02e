use axum::{extract::Request, http::HeaderMap, response::Response};
use seam::Context;

use super::{answer::refuse, failure::Failure};
use crate::{Error, ErrorCode, error::NoConflict};

/// The answer to a path that no route has: 404 `UNKNOWN_ROUTE`, in the envelope. For `Router::fallback`.
pub async fn fallback(request: Request) -> Response {
    let message = format!("there is no route {}; /openapi.json lists all", request.uri().path());
    refuse(
        Failure::of_http(ErrorCode::UnknownRoute, message),
        &context(request.headers()),
    )
}

/// The answer to a method that a path does not have: 405 `METHOD_NOT_ALLOWED`, in the envelope; axum adds `Allow`.
///
/// The routers of this crate have it already.
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

/// The answer where the service itself failed, a panic for one: 500 `INTERNAL`, in the envelope. It tells nothing: log the cause.
pub fn internal(context: &Context) -> Response {
    refuse(Error::<NoConflict>::Internal.into(), context)
}

fn context(headers: &HeaderMap) -> Context {
    Context::try_current().unwrap_or_else(|| seam::http::extract(headers))
}
