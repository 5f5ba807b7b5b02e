//! The payment provider over real sockets.

mod support;

use std::time::{Duration, Instant};

use outside::{Ledger, Operation, OperationStatus, PaymentProvider};
use reqwest::{Client, StatusCode};
use serde_json::{Value, json};
use support::free;

struct Fixture {
    provider: PaymentProvider,
    client: Client,
}

impl Fixture {
    async fn new() -> Self {
        let provider = PaymentProvider::start(free(), None).await.expect("the provider starts");
        Self {
            provider,
            client: Client::new(),
        }
    }

    async fn post(&self, path: &str, key: &str, body: Value) -> (StatusCode, Value) {
        self.send(path, key, body, Duration::from_secs(10))
            .await
            .expect("the provider answers")
    }

    async fn send(&self, path: &str, key: &str, body: Value, limit: Duration) -> reqwest::Result<(StatusCode, Value)> {
        let url = format!("http://{}{path}", self.provider.address());
        let request = self
            .client
            .post(url)
            .header("Idempotency-Key", key)
            .body(body.to_string())
            .timeout(limit);
        let response = request.send().await?;
        Ok((
            response.status(),
            serde_json::from_slice(&response.bytes().await?).expect("a JSON answer"),
        ))
    }

    async fn get(&self, path: &str) -> (StatusCode, Value) {
        let url = format!("http://{}{path}", self.provider.address());
        let response = self.client.get(url).send().await.expect("the provider answers");
        let status = response.status();
        (
            status,
            serde_json::from_slice(&response.bytes().await.expect("a body")).expect("a JSON answer"),
        )
    }

    async fn ledger(&self) -> Ledger {
        serde_json::from_value(self.get("/ledger").await.1).expect("a ledger")
    }

    async fn authorize(&self, key: &str, method: &str) -> Operation {
        let (_, body) = self.post("/authorizations", key, authorization(method)).await;
        serde_json::from_value(body).expect("an operation")
    }

    async fn charge(&self, key: &str, method: &str) -> Operation {
        let held = self.authorize(&format!("{key}:authorize"), method).await;
        let path = format!("/authorizations/{}/capture", held.id);
        let (_, body) = self.post(&path, key, json!({"amount_cents": 1000})).await;
        serde_json::from_value(body).expect("an operation")
    }
}

fn authorization(method: &str) -> Value {
    json!({"amount_cents": 1000, "currency": "EUR", "payment_method": method, "reference": "order-1"})
}

#[tokio::test]
async fn the_same_key_books_once_and_is_answered_with_the_same_operation() {
    let fixture = Fixture::new().await;

    let first = fixture.post("/authorizations", "k", authorization("tok_ok")).await;
    let second = fixture.post("/authorizations", "k", authorization("tok_ok")).await;

    assert_eq!(first.0, StatusCode::CREATED);
    assert_eq!(first, second);
    let ledger = fixture.ledger().await;
    assert_eq!(ledger.authorizations.len(), 1);
    assert_eq!(
        ledger.requests.get("k"),
        Some(&2),
        "both requests are counted, one is booked"
    );
}

#[tokio::test]
async fn the_same_key_with_another_request_is_refused() {
    let fixture = Fixture::new().await;
    fixture.authorize("k", "tok_ok").await;

    let (status, body) = fixture.post("/authorizations", "k", authorization("tok_other")).await;

    assert_eq!(
        (status, &body["error"]["code"]),
        (StatusCode::UNPROCESSABLE_ENTITY, &json!("key_reused"))
    );
}

#[tokio::test]
async fn a_declined_authorization_is_booked_as_declined_and_can_not_be_captured() {
    let fixture = Fixture::new().await;

    let (status, body) = fixture.post("/authorizations", "k", authorization("tok_decline")).await;
    let path = format!("/authorizations/{}/capture", body["id"].as_str().expect("an id"));
    let (captured, _) = fixture.post(&path, "c", json!({"amount_cents": 1000})).await;

    assert_eq!(
        (status, &body["status"]),
        (StatusCode::PAYMENT_REQUIRED, &json!("declined"))
    );
    assert_eq!(captured, StatusCode::CONFLICT);
    assert_eq!(fixture.ledger().await.charges, []);
}

#[tokio::test]
async fn an_authorization_ends_in_one_capture_or_one_void() {
    let fixture = Fixture::new().await;
    let charged = fixture.charge("c", "tok_ok").await;
    let held = fixture.authorize("a", "tok_ok").await;
    let authorization = charged.of.expect("a capture names its authorization");

    let again = fixture
        .post(
            &format!("/authorizations/{authorization}/capture"),
            "c2",
            json!({"amount_cents": 1}),
        )
        .await;
    let void_of_charged = fixture
        .post(&format!("/authorizations/{authorization}/void"), "v1", json!({}))
        .await;
    let void_of_held = fixture
        .post(&format!("/authorizations/{}/void", held.id), "v2", json!({}))
        .await;
    let capture_of_void = fixture
        .post(
            &format!("/authorizations/{}/capture", held.id),
            "c3",
            json!({"amount_cents": 1}),
        )
        .await;

    assert_eq!(
        [again.0, void_of_charged.0, void_of_held.0, capture_of_void.0].map(|status| status.as_u16()),
        [409, 409, 201, 409]
    );
    let ledger = fixture.ledger().await;
    assert_eq!((ledger.charges.len(), ledger.voids.len()), (1, 1));
}

#[tokio::test]
async fn refunds_never_exceed_the_charge() {
    let fixture = Fixture::new().await;
    let charge = fixture.charge("c", "tok_ok").await;
    let path = format!("/charges/{}/refunds", charge.id);

    let mut statuses = Vec::new();
    for (key, amount) in [("r1", 600), ("r2", 500), ("r3", 400), ("r4", 1), ("r5", 0), ("r6", -1)] {
        statuses.push(
            fixture
                .post(&path, key, json!({"amount_cents": amount}))
                .await
                .0
                .as_u16(),
        );
    }

    assert_eq!(statuses, [201, 409, 201, 409, 400, 400]);
    assert_eq!(fixture.ledger().await.charges[0].refunded_cents, 1000);
}

#[tokio::test]
async fn a_charge_answered_with_an_error_is_booked_and_found_by_its_key() {
    let fixture = Fixture::new().await;
    let held = fixture.authorize("a", "tok_error_after_charge").await;
    let path = format!("/authorizations/{}/capture", held.id);

    let (first, _) = fixture.post(&path, "c", json!({"amount_cents": 1000})).await;
    let (found, operation) = fixture.get("/operations/c").await;
    let (second, repeated) = fixture.post(&path, "c", json!({"amount_cents": 1000})).await;

    assert_eq!([first.as_u16(), found.as_u16(), second.as_u16()], [500, 200, 201]);
    assert_eq!(operation, repeated);
    assert_eq!(fixture.ledger().await.charges.len(), 1);
}

#[tokio::test]
async fn an_authorization_that_is_never_answered_is_booked_and_answered_the_second_time() {
    let fixture = Fixture::new().await;

    let first = fixture
        .send(
            "/authorizations",
            "k",
            authorization("tok_timeout"),
            Duration::from_millis(300),
        )
        .await;
    let (found, _) = fixture.get("/operations/k").await;
    let (second, _) = fixture.post("/authorizations", "k", authorization("tok_timeout")).await;

    assert!(first.is_err_and(|error| error.is_timeout()));
    assert_eq!([found.as_u16(), second.as_u16()], [200, 201]);
    assert_eq!(fixture.ledger().await.authorizations.len(), 1);
}

#[tokio::test]
async fn a_slow_answer_delays_nobody_else() {
    let fixture = Fixture::new().await;
    let started = Instant::now();

    let slow = fixture.post("/authorizations", "slow", authorization("tok_slow"));
    let quick = async {
        fixture.post("/authorizations", "quick", authorization("tok_ok")).await;
        started.elapsed()
    };
    let (_, quick) = tokio::join!(slow, quick);

    assert!(started.elapsed() >= Duration::from_secs(2));
    assert!(quick < Duration::from_millis(1500), "the quick one took {quick:?}");
}

#[tokio::test]
async fn a_refund_can_be_refused_or_lose_its_answer() {
    let fixture = Fixture::new().await;
    let refusing = fixture.charge("c1", "tok_refund_refused").await;
    let losing = fixture.charge("c2", "tok_error_after_refund").await;

    let refused = fixture
        .post(
            &format!("/charges/{}/refunds", refusing.id),
            "r1",
            json!({"amount_cents": 5}),
        )
        .await;
    let lost = fixture
        .post(
            &format!("/charges/{}/refunds", losing.id),
            "r2",
            json!({"amount_cents": 5}),
        )
        .await;

    assert_eq!([refused.0.as_u16(), lost.0.as_u16()], [402, 500]);
    let refunds = fixture.ledger().await.refunds;
    assert_eq!(
        refunds.iter().map(|refund| refund.status).collect::<Vec<_>>(),
        [OperationStatus::Declined, OperationStatus::Succeeded]
    );
}

#[tokio::test]
async fn a_request_that_makes_no_sense_is_refused_and_not_remembered() {
    let fixture = Fixture::new().await;
    let mut unknown_field = authorization("tok_ok");
    unknown_field["extra"] = json!(1);
    let mut zero = authorization("tok_ok");
    zero["amount_cents"] = json!(0);

    let statuses = [
        fixture.post("/authorizations", "k", unknown_field).await.0,
        fixture.post("/authorizations", "k", zero).await.0,
        fixture.post("/authorizations", "", authorization("tok_ok")).await.0,
        fixture
            .post("/authorizations/au_none/capture", "k", json!({"amount_cents": 1}))
            .await
            .0,
        fixture.post("/nonsense", "k", json!({})).await.0,
        fixture.get("/operations/k").await.0,
        fixture.post("/authorizations", "k", authorization("tok_ok")).await.0,
    ];

    assert_eq!(
        statuses.map(|status| status.as_u16()),
        [400, 400, 400, 404, 404, 404, 201]
    );
}
