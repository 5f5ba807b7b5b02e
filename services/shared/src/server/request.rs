use axum::{
    extract::{MatchedPath, Request, State},
    middleware::Next,
    response::Response,
};
use seam::time::Instant;
use tracing::{Instrument, Span};

use super::requests::Requests;
use crate::Tasks;

/// Runs the request in a task and a context of its own, and logs it. Refuses it, unread, if the server is full.
pub(super) async fn request(
    State((tasks, requests)): State<(Tasks, Requests)>,
    request: Request,
    next: Next,
) -> Response {
    let begun = Instant::now();
    let Some(permit) = requests.admit(request.uri().path()) else {
        return commerce::http::overloaded("it works on as many requests as it can", request.headers());
    };
    let context = seam::http::extract(request.headers());
    let span = tracing::info_span!(
        "request",
        request_id = %context.request_id,
        correlation_id = %context.correlation_id,
        trace_id = %context.trace.trace_id(),
        caller = %context.caller,
    );
    let method = request.method().clone();
    // The matched path, not the one that was sent, which holds ids of customers and any text that a stranger likes
    // to send.
    let path = request
        .extensions()
        .get::<MatchedPath>()
        .map_or("unknown", MatchedPath::as_str)
        .to_owned();
    let work = context.clone().scope(next.run(request)).instrument(span.clone());
    let work = async move {
        // The work goes on when its client hangs up, and its place is taken as long.
        let _permit = permit;
        work.await
    };
    let response = match tasks.track(work).await {
        Ok(response) => response,
        Err(error) => {
            span.in_scope(|| tracing::error!(%error, "request panicked"));
            commerce::http::internal(&context)
        }
    };
    log(&span, method.as_str(), &path, &response, begun);
    response
}

fn log(span: &Span, method: &str, path: &str, response: &Response, begun: Instant) {
    let status = response.status().as_u16();
    let ms = u64::try_from(begun.elapsed().as_millis()).unwrap_or(u64::MAX);
    span.in_scope(|| {
        // Probes come every second and would bury everything else.
        if path.starts_with("/health/") {
            tracing::debug!(method, path, status, ms, "request");
        } else {
            tracing::info!(method, path, status, ms, "request");
        }
    });
}
