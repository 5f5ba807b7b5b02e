//! `seam verify --broker`, against stand-ins for a Pact Broker and a provider.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

use std::process::Output;

use serde_json::{Value, json};
use tokio::process::Command;
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

const TOKEN: &str = "s3cret-of-the-broker";

/// A provider with one order.
async fn provider() -> MockServer {
    let server = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "id": 1 }));
    on(&server, "GET", "/orders/1", order).await;
    server
}

async fn on(server: &MockServer, verb: &str, place: &str, answer: ResponseTemplate) {
    let asked = Mock::given(method(verb)).and(path(place));
    asked.respond_with(answer).mount(server).await;
}

/// A broker with a pact of the shop, which wants this status of an order.
async fn broker(status: u16) -> MockServer {
    let server = MockServer::start().await;
    let uri = server.uri();
    let pact = json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "orders" },
        "interactions": [{
            "description": "show an order",
            "request": { "method": "GET", "path": "/orders/1" },
            "response": { "status": status, "body": { "id": 1 } },
        }],
        "metadata": { "pactSpecification": { "version": "2.0.0" } },
        "_links": { "pb:publish-verification-results": { "href": format!("{uri}/results") } },
    });
    on(&server, "GET", "/pact", ResponseTemplate::new(200).set_body_json(pact)).await;
    lists(
        &server,
        &json!([{ "_links": { "self": { "href": format!("{uri}/pact") } } }]),
    )
    .await;
    server
}

async fn lists(server: &MockServer, pacts: &Value) {
    let list = ResponseTemplate::new(200).set_body_json(json!({ "_embedded": { "pacts": pacts } }));
    on(server, "POST", "/pacts/provider/orders/for-verification", list).await;
}

/// The exit code and all that is said. Nothing shows the token.
async fn verify(broker: &MockServer, provider: &MockServer, more: &[&str]) -> (Option<i32>, String) {
    let output: Output = Command::new(env!("CARGO_BIN_EXE_seam"))
        .args(["verify", "orders", "--broker", &broker.uri()])
        .args(["--provider-url", &provider.uri()])
        .args(more)
        .env("SEAM_BROKER_TOKEN", TOKEN)
        .output()
        .await
        .unwrap();
    let said = [output.stdout, output.stderr].map(|bytes| String::from_utf8(bytes).unwrap());
    let said = said.join("\n");
    assert!(!said.contains(TOKEN), "{said}");
    (output.status.code(), said)
}

#[tokio::test(flavor = "multi_thread")]
async fn the_whole_way_passes_or_fails_and_publishes_what_came_of_it() {
    for (status, code, success) in [(200, 0, true), (404, 1, false)] {
        let (broker, provider) = (broker(status).await, provider().await);
        let echo = |request: &Request| ResponseTemplate::new(201).set_body_bytes(request.body.clone());
        let results = Mock::given(method("POST")).and(path("/results"));
        results.respond_with(echo).expect(1).mount(&broker).await;

        let (seen, said) = verify(&broker, &provider, &["--publish", "--version", "7"]).await;

        assert_eq!(seen, Some(code), "{said}");
        assert!(said.contains("1 results are published"), "{said}");
        let requests = broker.received_requests().await.unwrap();
        let sent: Value = serde_json::from_slice(&requests.last().unwrap().body).unwrap();
        assert_eq!(
            (&sent["success"], &sent["providerApplicationVersion"]),
            (&json!(success), &json!("7"))
        );
        for request in &requests {
            assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_the_broker_does_not_take_could_not_be_published() {
    let other =
        ResponseTemplate::new(200).set_body_json(json!({ "success": false, "providerApplicationVersion": "7" }));
    for (answer, wanted) in [
        (ResponseTemplate::new(500), "answered 500"),
        (other, "wanted success true"),
    ] {
        let (broker, provider) = (broker(200).await, provider().await);
        on(&broker, "POST", "/results", answer).await;

        let (code, said) = verify(&broker, &provider, &["--publish", "--version", "7"]).await;

        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("PASS orders 7") && said.contains(wanted), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn nothing_is_published_unless_it_is_told_to() {
    let (broker, provider) = (broker(200).await, provider().await);

    let (code, said) = verify(&broker, &provider, &[]).await;

    assert_eq!(code, Some(0), "{said}");
    assert_eq!(broker.received_requests().await.unwrap().len(), 2);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_without_pacts_proves_nothing_and_one_that_is_no_help_could_not_be_asked() {
    let (empty, provider) = (MockServer::start().await, provider().await);
    lists(&empty, &json!([])).await;
    let (code, said) = verify(&empty, &provider, &[]).await;
    assert_eq!(code, Some(3), "{said}");
    assert!(said.contains("has no pacts: nothing was verified"), "{said}");

    let unknown = MockServer::start().await;
    let (code, said) = verify(&unknown, &provider, &[]).await;
    assert_eq!(code, Some(2), "{said}");
    assert!(said.contains("does not know the provider 'orders'"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn what_can_not_be_meant_together_is_wrong_usage() {
    let (broker, provider) = (broker(200).await, provider().await);
    for more in [&["--pacts", "elsewhere"][..], &["--publish", "--consumer", "shop"]] {
        let (code, said) = verify(&broker, &provider, more).await;
        assert_eq!(code, Some(2), "{said}");
        assert!(said.contains("cannot be used with"), "{said}");
    }
}
