//! A provider with one order, and pacts with it.

use std::{net::SocketAddr, sync::Arc};

use ledger::{document::Document, source::FoundPact};
use pact_verifier::{
    FilterInfo, NullRequestFilterExecutor, PactSource, ProviderInfo, ProviderTransport, VerificationOptions,
    callback_executors::HttpRequestProviderStateExecutor, verification_result::VerificationExecutionResult,
    verify_provider_async,
};
use serde_json::{Value, json};
use verifier::{Filter, HttpProvider, Selection, Verification, verify};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{method, path},
};

pub(crate) const PROVIDER: &str = "orders";

/// Answers `GET /orders/1`, `POST /states` and `POST /messages`.
pub(crate) async fn provider() -> MockServer {
    let server = MockServer::start().await;
    let order = ResponseTemplate::new(200).set_body_json(json!({ "id": 1, "status": "paid", "note": "by hand" }));
    Mock::given(method("GET"))
        .and(path("/orders/1"))
        .respond_with(order)
        .mount(&server)
        .await;
    answers(&server, "/states", ResponseTemplate::new(200)).await;
    server
}

/// Answers a POST to `place`.
pub(crate) async fn answers(server: &MockServer, place: &str, answer: ResponseTemplate) {
    Mock::given(method("POST"))
        .and(path(place))
        .respond_with(answer)
        .mount(server)
        .await;
}

/// Answers `GET /orders/1` with this body of this type, and `POST /states` with these values.
pub(crate) async fn provider_of(content_type: &str, body: &str, values: Value) -> MockServer {
    let server = MockServer::start().await;
    let answer = ResponseTemplate::new(200).set_body_raw(body, content_type);
    Mock::given(path("/orders/1")).respond_with(answer).mount(&server).await;
    answers(&server, "/states", ResponseTemplate::new(200).set_body_json(values)).await;
    server
}

/// A pact of version 3 with one interaction, which asks for `/orders/1` and expects this response.
pub(crate) fn version_3(response: Value) -> Value {
    json!({
        "consumer": { "name": "shop" },
        "provider": { "name": PROVIDER },
        "interactions": [{
            "description": "show an order",
            "request": { "method": "GET", "path": "/orders/1" },
            "response": response,
        }],
        "metadata": { "pactSpecification": { "version": "3.0.0" } },
    })
}

/// An interaction that the provider keeps, with more fields.
pub(crate) fn shows_the_order(more: Value) -> Value {
    with(
        json!({
            "type": "Synchronous/HTTP",
            "description": "show an order",
            "request": { "method": "GET", "path": "/orders/1" },
            "response": {
                "status": 200,
                "headers": { "content-type": ["application/json"] },
                "body": {
                    "content": { "id": 1, "status": "paid" }, "contentType": "application/json", "encoded": false,
                },
            },
        }),
        more,
    )
}

/// A message that tells of a paid order, with more fields.
pub(crate) fn tells_of_payment(more: Value) -> Value {
    let contents = json!({ "content": { "paid": 1 }, "contentType": "application/json", "encoded": false });
    let message = json!({ "type": "Asynchronous/Messages", "description": "an order is paid", "contents": contents });
    with(message, more)
}

fn with(mut value: Value, more: Value) -> Value {
    for (name, field) in more.as_object().unwrap() {
        value[name] = field.clone();
    }
    value
}

pub(crate) fn file(consumer: &str, interactions: &[Value]) -> Value {
    json!({
        "consumer": { "name": consumer },
        "provider": { "name": PROVIDER },
        "interactions": interactions,
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
}

pub(crate) fn found(file: &Value) -> FoundPact {
    let name = format!("{}.json", file["consumer"]["name"].as_str().unwrap());
    let document = Document::parse(&name, file.to_string().as_bytes()).unwrap();
    FoundPact { file: name, document }
}

/// Verification by this verifier of everything in these pacts.
pub(crate) async fn strictly(server: &MockServer, pacts: &[Value]) -> Verification {
    selected(server, &selection(pacts)).await
}

/// Everything in these pacts.
pub(crate) fn selection(pacts: &[Value]) -> Selection {
    let found: Vec<FoundPact> = pacts.iter().map(found).collect();
    Selection::new(PROVIDER, &found, Filter::default(), "here")
}

/// The provider behind this server, with addresses for states and messages.
pub(crate) fn http_provider(server: &MockServer) -> HttpProvider {
    let at = |place: &str| Some(format!("{}{place}", server.uri()));
    HttpProvider::new(&server.uri(), at("/states"), at("/messages")).unwrap()
}

pub(crate) async fn selected(server: &MockServer, selection: &Selection) -> Verification {
    verify(selection, &http_provider(server), Some("v1")).await
}

/// Verification by pact_verifier alone, for comparison.
pub(crate) async fn by_itself(
    server: &MockServer,
    source: PactSource,
    filter: FilterInfo,
) -> VerificationExecutionResult {
    by_itself_at(*server.address(), *server.address(), source, filter).await
}

/// The same, where states and messages are at another address than the provider.
pub(crate) async fn by_itself_at(
    provider: SocketAddr,
    desk: SocketAddr,
    source: PactSource,
    filter: FilterInfo,
) -> VerificationExecutionResult {
    let transport = |transport: &str, at: SocketAddr, place: &str| ProviderTransport {
        transport: transport.to_owned(),
        port: Some(at.port()),
        path: Some(place.to_owned()),
        scheme: Some("http".to_owned()),
    };
    let info = ProviderInfo {
        name: PROVIDER.to_owned(),
        host: "127.0.0.1".to_owned(),
        transports: vec![transport("http", provider, ""), transport("message", desk, "/messages")],
        ..ProviderInfo::default()
    };
    let states = Arc::new(HttpRequestProviderStateExecutor {
        state_change_url: Some(format!("http://{desk}/states")),
        state_change_teardown: true,
        state_change_body: true,
        retries: 0,
    });
    let options = VerificationOptions::<NullRequestFilterExecutor>::default();
    let verified = verify_provider_async(info, vec![source], filter, vec![], &options, None, &states, None);
    verified.await.unwrap()
}
