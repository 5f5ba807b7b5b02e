//! A stand-in for a Pact Broker, with the links and answers of its HAL API.

mod getting;
mod publishing;

use serde_json::{Value, json};
use verifier::{Broker, BrokerError, BrokerPact, Filter, HttpProvider, Selection, Verification, verify};
use wiremock::{
    Mock, MockServer, Request, ResponseTemplate,
    matchers::{method, path},
};

use crate::shop::{PROVIDER, answers, provider};

const TOKEN: &str = "s3cret-of-the-broker";

/// Path at which the broker lists the pacts.
const LIST: &str = "/pacts/provider/orders/for-verification";

/// A broker that has these pacts, and takes results as they are sent.
async fn broker_with(pacts: &[Value]) -> MockServer {
    let server = MockServer::start().await;
    let mut listed = Vec::new();
    for (number, pact) in pacts.iter().enumerate() {
        listed.push(json!({
            "shortDescription": "latest from main branch",
            "verificationProperties": {},
            "_links": { "self": { "href": format!("{}/pact/{number}", server.uri()) } },
        }));
        let mut pact = pact.clone();
        let results = format!("{}/pact/{number}/results", server.uri());
        pact["_links"] = json!({ "pb:publish-verification-results": { "href": results } });
        Mock::given(method("GET"))
            .and(path(format!("/pact/{number}")))
            .respond_with(ResponseTemplate::new(200).set_body_json(pact))
            .mount(&server)
            .await;
    }
    lists(&server, &json!(listed)).await;
    Mock::given(method("POST"))
        .and(wiremock::matchers::path_regex("^/pact/[0-9]+/results$"))
        .respond_with(|request: &Request| ResponseTemplate::new(201).set_body_json(body(request)))
        .with_priority(9)
        .mount(&server)
        .await;
    server
}

async fn lists(server: &MockServer, pacts: &Value) {
    let list = ResponseTemplate::new(200).set_body_json(json!({ "_embedded": { "pacts": pacts } }));
    answers(server, LIST, list).await;
}

fn body(request: &Request) -> Value {
    serde_json::from_slice(&request.body).unwrap()
}

fn client_of(server: &MockServer) -> Broker {
    Broker::new(&server.uri(), Some(TOKEN.parse().unwrap())).unwrap()
}

async fn pacts_of(server: &MockServer) -> Result<Vec<BrokerPact>, BrokerError> {
    client_of(server).pacts(PROVIDER).await
}

/// Result of verifying all these pacts with the shop's provider.
async fn verified(pacts: &[BrokerPact]) -> Verification {
    partly(pacts, Filter::default()).await
}

/// The same for a part of it.
async fn partly(pacts: &[BrokerPact], filter: Filter) -> Verification {
    let server = provider().await;
    let states = Some(format!("{}/states", server.uri()));
    let provider = HttpProvider::new(&server.uri(), states, None).unwrap();
    let selection = Selection::from_broker(PROVIDER, pacts, filter, "the broker");
    verify(&selection, &provider, Some("7")).await
}

/// Gets the pacts, verifies them, and publishes the results as those of version 7.
async fn whole_way(server: &MockServer) -> (Verification, Result<usize, BrokerError>) {
    let pacts = pacts_of(server).await.unwrap();
    let verification = verified(&pacts).await;
    let published = client_of(server).publish(&pacts, &verification, "7").await;
    (verification, published)
}

/// Bodies that were sent to this path.
async fn sent_to(server: &MockServer, place: &str) -> Vec<Request> {
    let requests = server.received_requests().await.unwrap();
    requests
        .into_iter()
        .filter(|request| request.url.path() == place)
        .collect()
}
