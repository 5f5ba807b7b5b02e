//! A command that is repeated with its key gets the same bytes as reply.

use std::sync::Arc;

use axum::Router;
use commerce::{Orders, OrdersReply, Payments, PaymentsReply, http};
use seam::{
    BoxFuture, Carrier, Contract,
    original::{self, Original},
};

use crate::{
    requests::{Reply, ask},
    samples::{self, AT, order, order_id, payment},
};

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("idempotency-key", "k");
const ORDER: &str = r#"{"customer_id":"ada","contact":{"email":"a@b.c"},"payment_method":"t","items":[]}"#;

/// An implementation that marks its reply as a repetition.
struct Marking<C: Contract + ?Sized> {
    reply: C::Reply,
    first: Option<&'static str>,
}

impl<C: Contract + ?Sized> Carrier<C> for Marking<C> {
    fn carry(&self, _: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move {
            if let Some(first) = self.first {
                original::mark(Original {
                    request_id: first.to_owned(),
                    at_micros: AT,
                });
            }
            self.reply.clone()
        })
    }
}

fn orders(reply: OrdersReply, first: Option<&'static str>) -> Router {
    http::orders::router(<dyn Orders>::via(Arc::new(Marking { reply, first })))
}

async fn create(router: &Router, request_id: &str) -> Reply {
    ask(
        router,
        "POST /v2/orders",
        &[JSON, KEY, ("x-request-id", request_id)],
        ORDER,
    )
    .await
}

#[tokio::test]
async fn a_replay_has_the_bytes_of_the_first_answer_and_says_that_it_is_one() {
    let router = orders(OrdersReply::CreateOrder(Ok(order())), Some("first"));

    let first = create(&router, "first").await;
    let again = create(&router, "second").await;

    assert_eq!(first.bytes, again.bytes);
    assert_eq!((first.status, again.status), (201, 201));
    for header in ["content-type", "location"] {
        assert!(first.header(header).is_some());
        assert_eq!(first.header(header), again.header(header));
    }
    assert_eq!(first.header("idempotency-replayed"), None);
    assert_eq!(again.header("idempotency-replayed"), Some("true"));
    assert_eq!(first.json()["request_id"], "first");
    assert_eq!(first.json()["timestamp"], samples::at().to_string());
}

#[tokio::test]
async fn a_replayed_failure_has_the_bytes_of_the_first_one() {
    for (error, ..) in samples::failures() {
        let router = orders(OrdersReply::CreateOrder(Err(error)), Some("first"));

        let first = create(&router, "first").await;
        let again = create(&router, "second").await;

        assert_eq!((first.status, &first.bytes), (again.status, &again.bytes));
        assert_eq!(again.header("idempotency-replayed"), Some("true"));
    }
}

#[tokio::test]
async fn an_answer_that_nobody_marked_is_of_its_own_request() {
    let router = orders(OrdersReply::CreateOrder(Ok(order())), None);

    let first = create(&router, "first").await;
    let again = create(&router, "second").await;

    assert_eq!(again.header("idempotency-replayed"), None);
    assert_eq!(first.json()["request_id"], "first");
    assert_eq!(again.json()["request_id"], "second");
}

#[tokio::test]
async fn charging_an_order_creates_a_payment_and_later_finds_it() {
    let charge = format!("POST /v2/orders/{}/payments", order_id());
    for (first, status) in [(None, 201), (Some("first"), 200)] {
        let reply = PaymentsReply::ProcessPayment(Ok(payment()));
        let router = http::payments::router(<dyn Payments>::via(Arc::new(Marking { reply, first })));

        let reply = ask(&router, &charge, &[("x-request-id", "second")], "").await;

        assert_eq!(reply.status, status);
        assert_eq!(
            reply.header("location"),
            Some(&*format!("/v2/payments/{}", payment().id))
        );
        assert_eq!(
            reply.json()["request_id"],
            "second",
            "it shows the present, not an old answer"
        );
    }
}
