//! Answers of the API: JSON, also where something is refused.

use axum::{
    Json,
    extract::Request,
    http::{HeaderMap, Method, StatusCode, Uri, header::USER_AGENT},
    middleware::Next,
    response::{IntoResponse, Response},
};
use bytes::Bytes;
use serde_json::{Value, json};

use crate::proxies::Refusal;

impl IntoResponse for Refusal {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status()).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
        failure(status, &self.to_string())
    }
}

/// Reads the body of a request.
///
/// # Errors
/// When it is no JSON.
pub(super) fn body(bytes: &Bytes) -> Result<Value, Refusal> {
    if bytes.is_empty() {
        return Err(Refusal::of_body("it is empty, wanted JSON"));
    }
    serde_json::from_slice(bytes).map_err(|error| Refusal::of_body(error.to_string()))
}

/// Makes the answer to a request that failed, in Toxiproxy's form.
pub(super) fn failure(status: StatusCode, error: &str) -> Response {
    (status, Json(json!({ "error": error, "status": status.as_u16() }))).into_response()
}

/// Answers a request for a path that there is not.
pub(super) async fn no_endpoint(uri: Uri) -> Response {
    let path = uri.path();
    let error = format!("there is no endpoint {path:?}; all are described at /openapi.json");
    failure(StatusCode::NOT_FOUND, &error)
}

/// Answers a request with a method that its path does not have.
pub(super) async fn no_method(method: Method, uri: Uri) -> Response {
    let path = uri.path();
    let error = format!("{path:?} has no method {method}; all are described at /openapi.json");
    failure(StatusCode::METHOD_NOT_ALLOWED, &error)
}

/// Refuses browsers, as Toxiproxy does: any page that one of them shows could lay faults.
pub(super) async fn no_browsers(request: Request, next: Next) -> Response {
    let agent = request.headers().get(USER_AGENT).map(|agent| agent.as_bytes());
    if agent.is_some_and(|agent| agent.starts_with(b"Mozilla/")) {
        return failure(
            StatusCode::FORBIDDEN,
            "User agent not allowed: wanted one that is no browser",
        );
    }
    next.run(request).await
}

/// Answers a request that the listener refuses.
pub(super) fn refused(refusal: listener::Refusal, _: &HeaderMap) -> Response {
    let (status, error) = match refusal {
        listener::Refusal::Host => (StatusCode::BAD_REQUEST, "wanted one header Host"),
        listener::Refusal::TransferEncoding => (
            StatusCode::NOT_IMPLEMENTED,
            "the only transfer coding that is known is chunked",
        ),
        listener::Refusal::Busy => (StatusCode::SERVICE_UNAVAILABLE, "all connections are being worked on"),
        listener::Refusal::Memory => (StatusCode::SERVICE_UNAVAILABLE, "requests hold too much memory"),
    };
    failure(status, error)
}
