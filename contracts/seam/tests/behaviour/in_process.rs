use std::time::Duration;

use axum::body::Bytes;
use http::HeaderValue;
use seam::{
    Context,
    http::{AnswerWithin, InProcess, Transport, extract, header},
    original::capture,
};
use tokio::time::{Instant, advance};

use crate::server::{request, router, text};

fn transport() -> InProcess<axum::Router> {
    InProcess::new(router())
}

#[tokio::test]
async fn a_request_reaches_the_router_and_the_response_comes_back() {
    let body = http::Request::post("/body")
        .body(Bytes::from_static(b"\x00\xff"))
        .unwrap();
    let response = transport().send(body).await.unwrap();
    assert_eq!(response.status(), 201);
    assert_eq!(response.body().as_ref(), b"\x00\xff");
    let absent = transport().send(request("/absent")).await.unwrap();
    assert_eq!(absent.status(), 404);
}

#[tokio::test(start_paused = true)]
async fn context_crosses_in_headers_only() {
    let context = Context::root("somebody").within(Duration::from_secs(2));
    let response = context
        .clone()
        .scope(transport().send(request("/context")))
        .await
        .unwrap();
    let seen: Vec<_> = text(&response).split(' ').collect();
    assert_eq!(seen[..3], ["somebody", &context.request_id, "Some(2000)"]);
    let parent = context.trace.to_string();
    assert_eq!(seen[3][..35], parent[..35], "the same trace");
    assert_ne!(seen[3], parent, "another span");
    assert_eq!(
        seen[4], "false",
        "the handler's task has no context but what its server reads"
    );
}

#[tokio::test]
async fn a_mark_of_the_server_does_not_reach_the_client() {
    let (response, heard) = capture(transport().send(request("/replay"))).await;
    assert_eq!(response.unwrap().status(), 200);
    assert_eq!(heard, None);
}

#[tokio::test]
async fn a_panic_is_no_answer() {
    let failure = transport().send(request("/panic")).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "outcome of the call to the router in this process is unknown: implementation panicked: boom"
    );
}

#[tokio::test(start_paused = true)]
async fn nothing_is_sent_after_the_deadline() {
    let context = Context::root("somebody").within(Duration::from_secs(1));
    advance(Duration::from_secs(1)).await;
    let failure = context.scope(transport().send(request("/context"))).await.unwrap_err();
    assert_eq!(
        failure.reason,
        "the deadline was past before it was sent; it was not sent"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_longer_than_the_deadline_or_the_limit_of_the_request() {
    let begun = Instant::now();
    let context = Context::root("somebody").within(Duration::from_secs(3));
    let failure = context
        .clone()
        .scope(transport().send(request("/never")))
        .await
        .unwrap_err();
    assert_eq!(failure.reason, "no answer within 3000 ms");
    assert_eq!(begun.elapsed(), Duration::from_secs(3));

    let mut hasty = request("/never");
    hasty.extensions_mut().insert(AnswerWithin(Duration::from_millis(5)));
    let failure = transport().send(hasty).await.unwrap_err();
    assert_eq!(failure.reason, "no answer within 5 ms");
}

#[tokio::test]
async fn the_farthest_deadline_is_one() {
    let far = u64::MAX.to_string();
    let headers = [(header::DEADLINE_MS, HeaderValue::from_str(&far).unwrap())]
        .into_iter()
        .collect();
    let context = extract(&headers);
    let response = context.scope(transport().send(request("/context"))).await;
    assert_eq!(response.unwrap().status(), 200);
}
