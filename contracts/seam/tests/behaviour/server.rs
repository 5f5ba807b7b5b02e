//! A router that says what it was sent, and the requests that tests send it.

use std::time::Duration;

use axum::{
    Router,
    body::Bytes,
    extract::Request,
    http::{StatusCode, header::LOCATION},
    routing::{get, post},
};
use seam::{
    Context,
    http::extract,
    original::{Original, mark},
};
use tokio::net::TcpListener;

pub(crate) fn router() -> Router {
    Router::new()
        .route(
            "/path/{*rest}",
            get(|request: Request| async move { request.uri().to_string() }),
        )
        .route("/context", get(context))
        .route("/body", post(|body: Bytes| async move { (StatusCode::CREATED, body) }))
        .route("/panic", get(panics))
        .route("/never", get(|| async { std::future::pending::<()>().await }))
        .route(
            "/moved",
            get(|| async { (StatusCode::FOUND, [(LOCATION, "/context")]) }),
        )
        .route("/replay", get(replayed))
}

/// The caller, request id, remaining time and span of the headers; then whether the task had a context of its own.
async fn context(request: Request) -> String {
    let sent = extract(request.headers());
    let millis = sent.remaining().map(|left| left.as_millis());
    format!(
        "{} {} {millis:?} {} {:?}",
        sent.caller,
        sent.request_id,
        sent.trace,
        Context::try_current().is_some()
    )
}

async fn panics() {
    panic!("boom");
}

async fn replayed() {
    let request_id = "r-1".to_owned();
    mark(Original {
        request_id,
        at_micros: 1,
    });
}

/// The address of a server of [`router`] on this machine, which runs until the test's runtime ends.
pub(crate) async fn serve() -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    tokio::spawn(async move { axum::serve(listener, router()).await });
    format!("http://{address}")
}

pub(crate) fn request(path: &str) -> http::Request<Bytes> {
    http::Request::get(path).body(Bytes::new()).unwrap()
}

pub(crate) fn text(response: &http::Response<Bytes>) -> &str {
    std::str::from_utf8(response.body()).unwrap()
}

/// Longer than any answer takes, so that a test that hangs fails.
pub(crate) const PATIENCE: Duration = Duration::from_secs(10);
