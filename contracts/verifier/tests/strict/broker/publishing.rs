use serde_json::{Value, json};
use verifier::{BrokerError, Filter, Verdict};
use wiremock::ResponseTemplate;

use super::{TOKEN, body, broker_with, client_of, pacts_of, partly, sent_to, verified, whole_way};
use crate::shop::{answers, file, shows_the_order};

const RESULTS: &str = "/pact/0/results";

#[tokio::test(flavor = "multi_thread")]
async fn each_result_is_published_to_its_pact_and_failures_say_why() {
    let mut broken = shows_the_order(json!({ "_id": "b10c" }));
    broken["response"]["body"]["content"]["status"] = json!("shipped");
    let server = broker_with(&[file("shop", &[shows_the_order(json!({}))]), file("app", &[broken])]).await;

    let (verification, published) = whole_way(&server).await;

    assert_eq!(published.unwrap(), 2);
    assert_eq!(verification.verdict(), Verdict::Fail);
    let first = &sent_to(&server, RESULTS).await[0];
    assert_eq!(first.headers["authorization"], format!("Bearer {TOKEN}"));
    let passed = json!([{ "interactionDescription": "show an order", "success": true }]);
    let sent = body(first);
    assert_eq!((&sent["success"], &sent["testResults"]), (&json!(true), &passed));
    assert_eq!(sent["providerApplicationVersion"], "7");
    assert_eq!(sent["verifiedBy"]["implementation"], "seam");
    let second = body(&sent_to(&server, "/pact/1/results").await[0]);
    assert_eq!(second["success"], false);
    let failed = &second["testResults"][0];
    assert_eq!(
        (&failed["interactionId"], &failed["success"]),
        (&json!("b10c"), &json!(false))
    );
    let mismatch = &failed["mismatches"][0];
    assert_eq!(
        (&mismatch["attribute"], &mismatch["identifier"]),
        (&json!("body"), &json!("$.status"))
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_result_that_is_refused_is_an_error_that_says_where_and_how() {
    for (status, wanted) in [
        (400, "answered 400, wanted 2xx: no such version"),
        (401, "answered 401"),
        (302, "answered 302"),
    ] {
        let server = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
        answers(
            &server,
            RESULTS,
            ResponseTemplate::new(status).set_body_string("no such version"),
        )
        .await;

        let (verification, published) = whole_way(&server).await;

        assert_eq!(verification.verdict(), Verdict::Pass);
        let said = published.unwrap_err().to_string();
        assert!(
            said.contains(&format!("POST {}{RESULTS} {wanted}", server.uri())),
            "{said}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn an_answer_that_is_not_what_was_sent_is_an_error() {
    for answer in [
        json!({ "success": false, "providerApplicationVersion": "7" }),
        json!({ "success": true, "providerApplicationVersion": "8" }),
        json!({ "success": "true", "providerApplicationVersion": "7" }),
        json!({}),
        Value::Null,
    ] {
        let server = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
        answers(&server, RESULTS, ResponseTemplate::new(200).set_body_json(&answer)).await;

        let (_, published) = whole_way(&server).await;

        assert!(
            matches!(published, Err(BrokerError::TakenOtherwise { .. })),
            "{answer}: {published:?}"
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pact_without_a_place_for_results_is_an_error() {
    let server = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
    let mut pacts = pacts_of(&server).await.unwrap();
    let verification = verified(&pacts).await;
    let bare = file("shop", &[shows_the_order(json!({}))]).to_string();
    pacts[0].found.document = ledger::document::Document::parse("bare", bare.as_bytes()).unwrap();

    let published = client_of(&server).publish(&pacts, &verification, "7").await;

    assert!(
        matches!(published, Err(BrokerError::NoPlaceForResults { .. })),
        "{published:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn what_was_verified_in_part_is_not_published() {
    let server = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
    let pacts = pacts_of(&server).await.unwrap();
    let filter = Filter {
        consumer: Some("shop".to_owned()),
        ..Filter::default()
    };
    let verification = partly(&pacts, filter).await;

    let published = client_of(&server).publish(&pacts, &verification, "7").await;

    assert_eq!((verification.verdict(), published.unwrap()), (Verdict::Pass, 0));
    assert!(sent_to(&server, RESULTS).await.is_empty());
}
