//! The table of failures is total and one to one, and a reply in another form is never read as one of its failures.

use std::{
    collections::BTreeSet,
    convert::Infallible,
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering::Relaxed},
    },
    time::Duration,
};

use axum::{Router, body::Body, http::StatusCode};
use commerce::{ErrorCode, OrderError, Orders, OrdersReply, http};
use seam::{ContractError, TransportFailure, http::InProcess};

use crate::{
    recorded::Recorded,
    requests::ask,
    samples::{self, order_id},
};

#[tokio::test]
async fn every_failure_has_its_own_code_and_the_status_and_patience_of_the_table() {
    let mut codes = BTreeSet::new();
    for (error, code, status, retry_after) in samples::failures() {
        let recorded = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(Err(error.clone())));
        let router = http::orders::router(recorded.service());

        let reply = ask(&router, &format!("GET /v2/orders/{}", order_id()), &[], "").await;

        assert_eq!((reply.status, reply.code().as_str()), (status, code), "{error:?}");
        assert_eq!(reply.header("retry-after"), retry_after, "{error:?}");
        assert!(codes.insert(error.code()), "{code} stands for two failures");
    }
    let http_only = [
        ErrorCode::UnknownRoute,
        ErrorCode::MethodNotAllowed,
        ErrorCode::BodyTooLarge,
        ErrorCode::UnsupportedMediaType,
        ErrorCode::NotImplemented,
    ];
    codes.extend(http_only);
    assert_eq!(
        codes,
        ErrorCode::ALL.iter().copied().collect(),
        "a code that nothing raises"
    );
}

#[test]
fn a_call_that_was_not_sent_is_not_available_and_its_outcome_is_known() {
    let refused = OrderError::from(TransportFailure::unsent("orders", "the circuit is open"));
    assert_eq!(refused.code(), ErrorCode::ServiceUnavailable);
    assert_eq!(refused.transport(), None);
    let unknown = OrderError::from(TransportFailure::new("orders", "cut"));
    assert_eq!(unknown.code(), ErrorCode::OutcomeUnknown);
}

#[tokio::test]
async fn an_unknown_outcome_has_the_time_for_which_the_server_asks() {
    for (header, wanted) in [
        (Some("7"), Some(Duration::from_secs(7))),
        (Some("soon"), None),
        (None, None),
    ] {
        let reply = move || async move {
            let mut reply = axum::response::Response::new(Body::from("<html>"));
            *reply.status_mut() = StatusCode::BAD_GATEWAY;
            if let Some(header) = header {
                reply.headers_mut().insert("retry-after", header.parse().unwrap());
            }
            reply
        };
        let client = http::orders::Client::new(InProcess::new(Router::new().fallback(reply)));

        let failure = client.get_order(order_id()).await.unwrap_err();

        let failure = failure.transport().unwrap();
        assert_eq!(
            (failure.retry_after(), failure.is_answer()),
            (wanted, false),
            "{failure}"
        );
    }
}

#[tokio::test]
async fn an_unknown_outcome_is_an_answer_if_the_service_itself_says_so() {
    let unknown = OrderError::from(TransportFailure::new("payment provider", "no answer yet"));
    let recorded = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(Err(unknown.clone())));
    let client = http::orders::Client::new(InProcess::new(http::orders::router(recorded.service())));

    let failure = client.get_order(order_id()).await.unwrap_err();

    assert_eq!(failure, unknown);
    let failure = failure.transport().unwrap();
    assert_eq!(
        (failure.retry_after(), failure.is_answer()),
        (Some(Duration::from_secs(1)), true)
    );
}

#[test]
fn codes_are_read_back_as_they_are_written() {
    for code in ErrorCode::ALL {
        assert_eq!(ErrorCode::parse(code.as_str()), Some(*code));
        assert_eq!(serde_json::to_value(code).unwrap(), code.as_str());
    }
    assert_eq!(ErrorCode::parse("NOPE"), None);
}

#[tokio::test]
async fn a_reply_that_is_not_ours_leaves_the_outcome_unknown() {
    let envelope =
        |error: &str| format!(r#"{{"data":null,"error":{error},"request_id":"r","timestamp":"2026-01-01T00:00:00Z"}}"#);
    let cases = [
        (502, "<html>bad gateway</html>".to_owned()),
        (200, String::new()),
        (200, "{}".to_owned()),
        (200, envelope("null")),
        (404, envelope("null")),
        (404, r#"{"data":null}"#.to_owned()),
        (
            404,
            envelope(r#"{"code":"NOT_FOUND","message":"m","details":{"what":1}}"#),
        ),
        (404, envelope(r#"{"code":"NOT_FOUND","message":"m","details":null}"#)),
        (
            404,
            envelope(r#"{"code":"UNKNOWN_ROUTE","message":"m","details":null}"#),
        ),
        (418, envelope(r#"{"code":"TEAPOT","message":"m","details":null}"#)),
        (
            500,
            envelope(r#"{"code":"NOT_FOUND","message":"m","details":{"what":"order","id":"1"}}"#),
        ),
        (
            409,
            envelope(r#"{"code":"CONFLICT","message":"m","details":{"kind":"new_kind"}}"#),
        ),
        (301, envelope(r#"{"code":"INTERNAL","message":"m","details":null}"#)),
    ];
    for (status, body) in cases {
        let status = StatusCode::from_u16(status).unwrap();
        let said = body.clone();
        let server = Router::new().fallback(move || async move { (status, said) });
        let client = http::orders::Client::new(InProcess::new(server));

        let answered = client.get_order(order_id()).await;

        let error = answered.expect_err("nothing was found");
        let failure = error
            .transport()
            .unwrap_or_else(|| panic!("{status} {body} was read as {error:?}"));
        assert!(failure.reason.contains(status.as_str()), "{failure}");
        assert!(
            !failure.reason.contains("html"),
            "the reply itself may be personal: {failure}"
        );
    }
}

#[tokio::test]
async fn a_reply_of_another_form_is_told_by_the_field_and_what_was_wanted_there() {
    let server = Router::new().fallback(|| async { r#"{"data":{"id":7},"error":null}"# });
    let client = http::orders::Client::new(InProcess::new(server));

    let error = client.get_order(order_id()).await.expect_err("that is no order");

    let failure = error.transport().expect("nothing is known of the order");
    assert!(failure.reason.contains("not of the documented form: data"), "{failure}");
}

#[tokio::test]
async fn no_more_of_a_body_is_read_than_a_client_needs_to_hear_why() {
    let sent = Arc::new(AtomicUsize::new(0));
    let counted = sent.clone();
    let mebibytes = futures::stream::repeat_with(move || {
        let frames = counted.fetch_add(1, Relaxed);
        assert!(frames < 1_000, "it reads for ever");
        Ok::<_, Infallible>(vec![b'x'; 1 << 20])
    });
    let router = http::orders::router(Recorded::<dyn Orders>::new().service());
    let json = [("content-type", "application/json"), ("idempotency-key", "k")];

    let reply = ask(&router, "POST /v2/orders", &json, Body::from_stream(mebibytes)).await;

    assert_eq!((reply.status, reply.code().as_str()), (413, "BODY_TOO_LARGE"));
    assert_eq!(sent.load(Relaxed), 17, "16 MiB, and the one that was too many");
}

#[tokio::test]
async fn a_body_over_the_limit_is_the_callers_to_mend() {
    let recorded = Recorded::<dyn Orders>::new();
    let service: Arc<dyn Orders> = recorded.service();
    let client = http::orders::Client::new(InProcess::new(http::orders::router(service)));

    let answered = client.cancel_order(order_id(), "x".repeat(3 << 20)).await;

    let error = answered.expect_err("too large");
    assert_eq!(error.code(), ErrorCode::InvalidInput, "{error:?}");
    assert!(recorded.heard().is_empty());
}
