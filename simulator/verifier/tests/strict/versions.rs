use serde_json::json;
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
                "response": { "status": status, "body": { "id": 7 }, "matchingRules": { "$.body.id": { "match": "type" } } },
            }],
            "metadata": { "pactSpecification": { "version": "2.0.0" } },
        })
    };

    assert_eq!(strictly(&server, &[pact(200)]).await.verdict(), Verdict::Pass);
    assert_eq!(strictly(&server, &[pact(404)]).await.verdict(), Verdict::Fail);
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
