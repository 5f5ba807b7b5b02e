//! Conformance of every reply to the OpenAPI document.

use std::sync::{Arc, LazyLock, Mutex};

use axum::{
    Router,
    http::{Request, Response},
};
use bytes::Bytes;
use commerce::{
    Batch, DomainEventPayload, EventFeed, FeedError, Inventory, Notifications, Orders, Payments, RecordedEvent, http,
};
use proptest::prelude::*;
use seam::{
    BoxFuture, Contract, TransportFailure,
    http::{InProcess, Transport},
};
use serde_json::Value;

use crate::{calls, events::recorded, recorded::Recorded, requests::ask, samples, schema::conforms};

static DOCUMENT: LazyLock<Value> = LazyLock::new(|| serde_json::to_value(http::openapi(&http::MODULES, &[])).unwrap());

/// Method, path, status and body of one exchange.
type Exchange = (String, String, u16, Value);

/// Transport that records the last exchange.
struct Tap {
    wire: InProcess<Router>,
    seen: Arc<Mutex<Option<Exchange>>>,
}

impl Transport for Tap {
    fn send(&self, request: Request<Bytes>) -> BoxFuture<'_, Result<Response<Bytes>, TransportFailure>> {
        Box::pin(async move {
            let (method, path) = (request.method().to_string(), request.uri().path().to_owned());
            let response = self.wire.send(request).await?;
            let body = serde_json::from_slice(response.body()).unwrap();
            *self.seen.lock().unwrap() = Some((method, path, response.status().as_u16(), body));
            Ok(response)
        })
    }
}

/// Finds the documented operation at a path.
fn operation(method: &str, path: &str) -> &'static Value {
    let seen: Vec<&str> = path.split('/').collect();
    let matches = |template: &str| {
        let known: Vec<&str> = template.split('/').collect();
        let same = |(known, seen): (&&str, &&str)| known.starts_with('{') || known == seen;
        known.len() == seen.len() && known.iter().zip(&seen).all(same)
    };
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let (_, item) = paths
        .iter()
        .find(|(template, _)| matches(template))
        .expect("the path is documented");
    &item[method.to_lowercase()]
}

/// Checks a success against its operation, a failure against the common schema, and a conflict against `conflict`.
fn is_described((method, path, status, body): &Exchange, conflict: &str) -> Result<(), String> {
    let schemas = &DOCUMENT["components"]["schemas"];
    let place = format!("{method} {path} {status}");
    if body["error"]["code"] == "CONFLICT" {
        conforms(&DOCUMENT, &schemas[conflict], &body["error"]["details"], &place)?;
    }
    if !body["error"].is_null() {
        return conforms(&DOCUMENT, &schemas["Failed"], body, &place);
    }
    let response = &operation(method, path)["responses"][status.to_string()];
    conforms(
        &DOCUMENT,
        &response["content"]["application/json"]["schema"],
        body,
        &place,
    )
}

fn answers<C: Contract + ?Sized>(
    call: C::Call,
    reply: C::Reply,
    conflict: &str,
    router: fn(Arc<C>) -> Router,
    client: fn(Tap) -> Arc<C>,
) -> Result<(), TestCaseError> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_time().build()?;
    let seen = Arc::new(Mutex::new(None));
    let wire = InProcess::new(router(Recorded::<C>::answering(reply).service()));
    let tap = Tap {
        wire,
        seen: seen.clone(),
    };
    runtime.block_on(client(tap).dispatch(call));
    let exchange = seen.lock().unwrap().take().expect("something went over the wire");
    prop_assert_eq!(is_described(&exchange, conflict), Ok(()));
    Ok(())
}

proptest! {
    #[test]
    fn what_orders_answer_is_documented((call, reply) in calls::orders()) {
        let client = |tap| -> Arc<dyn Orders> { Arc::new(http::orders::Client::new(tap)) };
        answers(call, reply, "OrderConflict", http::orders::router, client)?;
    }

    #[test]
    fn what_payments_answer_is_documented((call, reply) in calls::payments()) {
        let client = |tap| -> Arc<dyn Payments> { Arc::new(http::payments::Client::new(tap)) };
        answers(call, reply, "PaymentConflict", http::payments::router, client)?;
    }

    #[test]
    fn what_inventory_answers_is_documented((call, reply) in calls::inventory()) {
        let client = |tap| -> Arc<dyn Inventory> { Arc::new(http::inventory::Client::new(tap)) };
        answers(call, reply, "InventoryConflict", http::inventory::router, client)?;
    }

    #[test]
    fn what_notifications_answer_is_documented((call, reply) in calls::notifications()) {
        let client = |tap| -> Arc<dyn Notifications> { Arc::new(http::notifications::Client::new(tap)) };
        answers(call, reply, "NotificationConflict", http::notifications::router, client)?;
    }

    #[test]
    fn what_feeds_answer_is_documented((call, reply) in calls::feeds()) {
        let client = |tap| -> Arc<dyn EventFeed> { Arc::new(http::feed::Client::new("orders", tap)) };
        answers(call, reply, "none", |feed| http::feed::router("orders", feed), client)?;
    }
}

#[tokio::test]
async fn version_1_is_documented() {
    let reply = commerce::OrdersReply::GetOrder(Ok(samples::order()));
    let router = http::orders::router(Recorded::<dyn Orders>::answering(reply).service());
    let path = format!("/v1/orders/{}", samples::order_id());
    let reply = ask(&router, &format!("GET {path}"), &[], "").await;
    let exchange = ("GET".to_owned(), path, reply.status, reply.json());
    assert_eq!(is_described(&exchange, "OrderConflict"), Ok(()));
}

/// A log of fixed events.
struct Log(Vec<RecordedEvent>);

#[seam::async_trait]
impl EventFeed for Log {
    async fn read_events(&self, _: i64, _: u32, _: std::time::Duration) -> Result<Batch, FeedError> {
        Ok(Batch {
            log: uuid::Uuid::nil(),
            events: self.0.clone(),
        })
    }
}

async fn events_are_described<E: DomainEventPayload>(module: &str, schema: &str, events: Vec<E>) {
    let schema = &DOCUMENT["components"]["schemas"][schema];
    for event in &events {
        let event = serde_json::to_value(event).unwrap();
        assert_eq!(conforms(&DOCUMENT, schema, &event, module), Ok(()));
    }
    let recorded = events.iter().zip(1..).map(|(event, version)| RecordedEvent {
        position: version,
        event: recorded(event, version, module),
    });
    let router = http::feed::router(module, Arc::new(Log(recorded.collect())));
    let path = format!("/v2/events/{module}");
    let reply = ask(&router, &format!("GET {path}"), &[], "").await;
    let exchange = ("GET".to_owned(), path, reply.status, reply.json());
    assert_eq!(is_described(&exchange, "none"), Ok(()));
}

#[tokio::test]
async fn every_event_is_documented() {
    events_are_described("orders", "OrderEvent", samples::order_events()).await;
    events_are_described("payments", "PaymentEvent", samples::payment_events()).await;
    events_are_described("inventory", "InventoryEvent", samples::inventory_events()).await;
    events_are_described("notifications", "NotificationEvent", samples::notification_events()).await;
}

#[test]
fn a_reply_that_is_not_documented_is_noticed() {
    let schema = serde_json::json!({
        "type": "object",
        "properties": { "a": { "type": "integer", "minimum": 1 }, "b": { "enum": ["x"], "type": "string" } },
        "required": ["a"],
    });
    let says = |value: Value| conforms(&DOCUMENT, &schema, &value, "it").is_ok();
    assert!(says(serde_json::json!({ "a": 1, "b": "x" })) && says(serde_json::json!({ "a": 1 })));
    let wrong = [
        "{}",
        "{\"a\":0}",
        "{\"a\":1.5}",
        "{\"a\":1,\"b\":\"y\"}",
        "{\"a\":1,\"c\":1}",
        "[]",
    ];
    for wrong in wrong {
        assert!(!says(serde_json::from_str(wrong).unwrap()), "{wrong}");
    }
}
