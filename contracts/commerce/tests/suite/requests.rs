//! Raw requests, as any client could send them, and their replies.

use axum::{
    Router,
    body::Body,
    http::{HeaderMap, Request},
};
use serde_json::Value;
use tower::ServiceExt;

/// A raw reply, not parsed yet.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    pub(crate) headers: HeaderMap,
    pub(crate) bytes: Vec<u8>,
}

impl Reply {
    pub(crate) fn json(&self) -> Value {
        serde_json::from_slice(&self.bytes).expect("every reply is JSON")
    }

    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name).and_then(|value| value.to_str().ok())
    }

    /// Returns the code of a failure; checks the envelope around it.
    pub(crate) fn code(&self) -> String {
        let json = self.json();
        assert_eq!(self.header("content-type"), Some("application/json"));
        assert!(json["data"].is_null() && json["request_id"].is_string(), "{json}");
        assert!(
            json["timestamp"].is_string() && json["error"]["message"].is_string(),
            "{json}"
        );
        json["error"]["code"].as_str().expect("a failure has a code").to_owned()
    }
}

/// Sends a request to `router` and returns its reply. `request` is method and path: `GET /v2/orders/1`.
pub(crate) async fn ask(router: &Router, request: &str, headers: &[(&str, &str)], body: impl Into<Body>) -> Reply {
    let (method, path) = request.split_once(' ').expect("method and path");
    let mut request = Request::builder().method(method).uri(path);
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    let request = request.body(body.into()).expect("a legal request");
    let response = router.clone().oneshot(request).await.expect("routers are infallible");
    let (parts, body) = response.into_parts();
    let bytes = axum::body::to_bytes(body, usize::MAX)
        .await
        .expect("the body is in memory");
    Reply {
        status: parts.status.as_u16(),
        headers: parts.headers,
        bytes: bytes.to_vec(),
    }
}
