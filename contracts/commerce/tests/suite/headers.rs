//! Headers of replies and requests.

use std::sync::Arc;

use axum::http::{Request, Response};
use bytes::Bytes;
use commerce::{Inventory, InventoryReply, Orders, OrdersCall, OrdersReply, http};
use seam::{
    BoxFuture, Context, TransportFailure,
    http::{InProcess, Transport},
};

use crate::{
    recorded::Recorded,
    requests::ask,
    samples::{order, order_id, product},
};

const JSON: (&str, &str) = ("content-type", "application/json");

#[tokio::test]
async fn version_1_says_that_it_is_given_up_and_when_it_ends() {
    let v1 = format!("GET /v1/orders/{}", order_id());
    for reply in [Ok(order()), Err(commerce::Error::Internal)] {
        let recorded = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(reply));
        let router = http::orders::router(recorded.service());

        let reply = ask(&router, &v1, &[], "").await;

        assert_eq!(reply.header("deprecation"), Some("@1793491200"));
        assert_eq!(reply.header("sunset"), Some("Mon, 01 Nov 2027 00:00:00 GMT"));
    }
}

#[tokio::test]
async fn version_2_is_not_given_up() {
    let recorded = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(Ok(order())));
    let router = http::orders::router(recorded.service());
    let reply = ask(&router, &format!("GET /v2/orders/{}", order_id()), &[], "").await;
    assert_eq!(
        (reply.status, reply.header("deprecation"), reply.header("sunset")),
        (200, None, None)
    );
}

#[tokio::test]
async fn a_new_product_is_created_at_an_address_and_a_changed_one_is_not() {
    for (version, status, location) in [(1, 201, Some("/v2/products/a%2Fb%25")), (2, 200, None)] {
        let recorded = Recorded::<dyn Inventory>::answering(InventoryReply::PutProduct(Ok(product(version))));
        let router = http::inventory::router(recorded.service());
        let body = r#"{"price":{"cents":450,"currency":"EUR"},"stock":7}"#;

        let reply = ask(&router, "PUT /v2/products/a%2Fb%25", &[JSON], body).await;

        assert_eq!((reply.status, reply.header("location")), (status, location));
    }
}

#[tokio::test]
async fn a_key_means_the_same_quoted_and_bare() {
    let recorded = Recorded::<dyn Orders>::answering(OrdersReply::CreateOrder(Ok(order())));
    let router = http::orders::router(recorded.service());
    let body = r#"{"customer_id":"ada","contact":{"email":"a@b.c"},"payment_method":"t","items":[]}"#;
    for key in ["k-1", "\"k-1\"", " \"k-1\" "] {
        ask(&router, "POST /v2/orders", &[JSON, ("idempotency-key", key)], body).await;
    }
    let heard = recorded.heard();
    assert_eq!(heard.len(), 3);
    for call in heard {
        let OrdersCall::CreateOrder { order } = call else {
            panic!("{call:?}")
        };
        assert_eq!(order.key.as_str(), "k-1");
    }
}

#[tokio::test]
async fn a_request_without_an_id_gets_one() {
    let recorded = Recorded::<dyn Orders>::answering(OrdersReply::GetOrder(Ok(order())));
    let router = http::orders::router(recorded.service());
    let reply = ask(&router, &format!("GET /v2/orders/{}", order_id()), &[], "").await;
    assert!(!reply.json()["request_id"].as_str().unwrap().is_empty());
}

/// An implementation that reports the context it was called in.
struct Witness(std::sync::Mutex<Option<Context>>);

impl seam::Carrier<dyn Orders> for Witness {
    fn carry(&self, _: OrdersCall) -> BoxFuture<'_, OrdersReply> {
        *self.0.lock().unwrap() = Context::try_current();
        Box::pin(async { OrdersReply::GetOrder(Ok(order())) })
    }
}

#[tokio::test]
async fn the_context_of_a_call_crosses_with_it() {
    let witness = Arc::new(Witness(std::sync::Mutex::new(None)));
    let router = http::orders::router(<dyn Orders as seam::Contract>::via(witness.clone()));
    let client = http::orders::Client::new(InProcess::new(router));
    let context = Context {
        shadow: true,
        causation_id: Some("event-7".to_owned()),
        ..Context::root("shop")
    };

    context.clone().scope(client.get_order(order_id())).await.unwrap();

    let seen = witness.0.lock().unwrap().clone().expect("a context");
    assert_eq!(seen.request_id, context.request_id);
    assert_eq!(seen.correlation_id, context.correlation_id);
    assert_eq!(seen.causation_id, context.causation_id);
    assert_eq!((seen.caller.as_str(), seen.shadow), ("shop", true));
    assert_eq!(seen.trace.trace_id(), context.trace.trace_id());
}

/// Transport that records the paths of requests and fails all of them.
#[derive(Default)]
struct Addresses(std::sync::Mutex<Vec<String>>);

impl Transport for Addresses {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        self.0.lock().unwrap().push(request.uri().to_string());
        Box::pin(async { Err(TransportFailure::new("nobody", "not sent")) })
    }
}

#[tokio::test]
async fn no_id_looks_like_a_way_up_to_whoever_tidies_paths() {
    let addresses = Arc::new(Addresses::default());
    let client = http::inventory::Client::new(addresses.clone());
    for sku in [".", "..", "...", "a/..", "TEA"] {
        assert!(client.get_product(sku.parse().unwrap()).await.is_err());
    }
    let expected = ["%2E", "%2E%2E", "...", "a%2F..", "TEA"].map(|sku| format!("/v2/products/{sku}"));
    assert_eq!(*addresses.0.lock().unwrap(), expected);
}
