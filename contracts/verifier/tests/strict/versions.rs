use serde_json::{Value, json};
use verifier::Verdict;
use wiremock::ResponseTemplate;

use crate::shop::{PROVIDER, answers, provider, strictly};

#[tokio::test(flavor = "multi_thread")]
async fn version_2_is_verified() {
    let server = provider().await;
    let pact = |status: u16| {
        json!({
            "consumer": { "name": "shop" },
            "provider": { "name": PROVIDER },
            "interactions": [{
                "description": "show an order",
                "providerState": "an order",
                "request": { "method": "GET", "path": "/orders/1" },
                "response": {
                    "status": status, "body": { "id": 7 }, "matchingRules": { "$.body.id": { "match": "type" } },
                },
            }],
            "metadata": { "pactSpecification": { "version": "2.0.0" } },
        })
    };

    assert_eq!(strictly(&server, &[pact(200)]).await.verdict(), Verdict::Pass);
    assert_eq!(strictly(&server, &[pact(404)]).await.verdict(), Verdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn version_3_is_verified_with_the_parameters_of_its_states() {
    let server = provider().await;
    let pact = |status: &str| {
        json!({
            "consumer": { "name": "shop" },
            "provider": { "name": PROVIDER },
            "interactions": [{
                "description": "show an order",
                "providerStates": [{ "name": "an order", "params": { "number": 1 } }],
                "request": { "method": "GET", "path": "/orders/1", "query": { "full": ["yes"] } },
                "response": {
                    "status": 200,
                    "body": { "id": 7, "status": status },
                    "matchingRules": { "body": { "$.id": { "combine": "AND", "matchers": [{ "match": "integer" }] } } },
                },
            }],
            "metadata": { "pactSpecification": { "version": "3.0.0" } },
        })
    };

    assert_eq!(strictly(&server, &[pact("paid")]).await.verdict(), Verdict::Pass);
    assert_eq!(strictly(&server, &[pact("lost")]).await.verdict(), Verdict::Fail);
    let requests = server.received_requests().await.unwrap();
    let states: Vec<_> = requests
        .iter()
        .filter(|request| request.url.path() == "/states")
        .collect();
    assert!(!states.is_empty());
    for state in states {
        let body: Value = state.body_json().unwrap();
        assert_eq!(
            (&body["state"], &body["params"]["number"]),
            (&json!("an order"), &json!(1))
        );
    }
    assert!(requests.iter().any(|request| request.url.query() == Some("full=yes")));
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_of_version_3_are_verified() {
    let server = provider().await;
    answers(
        &server,
        "/messages",
        ResponseTemplate::new(200).set_body_json(json!({ "paid": 1 })),
    )
    .await;
    let pact = |paid: u16| {
        json!({
            "consumer": { "name": "shop" },
            "provider": { "name": PROVIDER },
            "messages": [{ "description": "an order is paid", "contents": { "paid": paid }, "metaData": {} }],
            "metadata": { "pactSpecification": { "version": "3.0.0" } },
        })
    };

    assert_eq!(strictly(&server, &[pact(1)]).await.verdict(), Verdict::Pass);
    assert_eq!(strictly(&server, &[pact(2)]).await.verdict(), Verdict::Fail);
}
