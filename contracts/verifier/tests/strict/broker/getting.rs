use serde_json::json;
use verifier::{Broker, BrokerError, Problem, Verdict};
use wiremock::{MockServer, ResponseTemplate};

use super::{LIST, TOKEN, body, broker_with, client_of, lists, pacts_of, sent_to, verified};
use crate::shop::{PROVIDER, answers, file, shows_the_order};

#[tokio::test(flavor = "multi_thread")]
async fn pacts_are_those_of_main_branches_and_of_what_is_deployed_or_released() {
    let server = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;

    let pacts = pacts_of(&server).await.unwrap();

    let asked = &sent_to(&server, LIST).await[0];
    let selectors = json!([{ "mainBranch": true }, { "deployedOrReleased": true }]);
    assert_eq!(body(asked), json!({ "consumerVersionSelectors": selectors }));
    for request in [asked, &sent_to(&server, "/pact/0").await[0]] {
        assert_eq!(request.headers["authorization"], format!("Bearer {TOKEN}"));
    }
    assert_eq!(pacts[0].found.document.consumer(), "shop");
    assert_eq!(pacts[0].found.file, format!("{}/pact/0", server.uri()));
}

#[tokio::test(flavor = "multi_thread")]
async fn an_empty_list_proves_nothing() {
    let verification = verified(&pacts_of(&broker_with(&[]).await).await.unwrap()).await;

    assert_eq!(verification.verdict(), Verdict::Inconclusive);
    assert!(
        matches!(verification.problems[..], [Problem::NoPacts { .. }]),
        "{verification:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn every_version_of_one_consumer_is_verified() {
    let (kept, mut broken) = (shows_the_order(json!({})), shows_the_order(json!({})));
    broken["response"]["status"] = json!(404);
    let server = broker_with(&[file("shop", &[kept]), file("shop", &[broken])]).await;

    let verification = verified(&pacts_of(&server).await.unwrap()).await;

    let passed: Vec<bool> = verification.consumers.iter().map(|result| result.passed()).collect();
    assert_eq!(passed, [true, false], "{verification:?}");
    assert_eq!(verification.verdict(), Verdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pact_that_the_broker_calls_pending_is_refused() {
    let full = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
    let server = MockServer::start().await;
    let links = json!({ "self": { "href": format!("{}/pact/0", full.uri()) } });
    lists(
        &server,
        &json!([{ "_links": links, "verificationProperties": { "pending": true } }]),
    )
    .await;
    let pacts = Broker::new(&server.uri(), None).unwrap().pacts(PROVIDER).await.unwrap();

    let verification = verified(&pacts).await;

    assert_eq!(verification.verdict(), Verdict::Fail);
    assert!(
        matches!(verification.problems[..], [Problem::PendingAtBroker { .. }]),
        "{verification:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_pact_with_somebody_else_is_refused_and_not_passed_over() {
    let mut other = file("shop", &[shows_the_order(json!({}))]);
    other["provider"]["name"] = json!("payments");

    let refused = pacts_of(&broker_with(&[other]).await).await;

    assert!(
        matches!(&refused, Err(BrokerError::OtherProvider { seen, .. }) if seen == "payments"),
        "{refused:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn each_way_to_be_no_help_has_an_error_of_its_own_that_shows_no_token() {
    for (status, wanted) in [
        (401, "answered 401: the Pact Broker wants another token"),
        (403, "answered 403: the Pact Broker wants another token"),
        (404, "does not know the provider 'orders'"),
        (500, "answered 500, wanted 2xx: you sent redacted;"),
        // A client that followed it would ask with GET, and hear of other pacts.
        (301, "answered 301, wanted 2xx"),
        (200, "answered with 'you sent redacted'; wanted JSON"),
    ] {
        let server = MockServer::start().await;
        let answer = ResponseTemplate::new(status).insert_header("location", "/elsewhere");
        answers(&server, LIST, answer.set_body_string(format!("you sent {TOKEN}"))).await;

        let error = pacts_of(&server).await.unwrap_err();

        let said = format!("{error} {error:?} {:?}", client_of(&server));
        assert!(said.contains(wanted), "{status}: {said}");
        assert!(said.contains(&format!("{}{LIST}", server.uri())), "{said}");
        assert!(!said.contains(TOKEN), "{said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_broker_that_is_down_is_named_with_the_reason() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let url = format!("http://{}", listener.local_addr().unwrap());
    drop(listener);

    let error = Broker::new(&url, None).unwrap().pacts(PROVIDER).await.unwrap_err();

    assert!(matches!(error, BrokerError::Unreachable { .. }), "{error:?}");
    let said = error.to_string();
    assert!(said.contains(&url) && said.contains("refused"), "{said}");
}

#[tokio::test(flavor = "multi_thread")]
async fn the_token_goes_nowhere_but_to_the_broker() {
    let elsewhere = broker_with(&[file("shop", &[shows_the_order(json!({}))])]).await;
    let server = MockServer::start().await;
    let links = json!({ "self": { "href": format!("{}/pact/0", elsewhere.uri()) } });
    lists(&server, &json!([{ "_links": links }])).await;

    let refused = pacts_of(&server).await;

    assert!(matches!(refused, Err(BrokerError::Elsewhere { .. })), "{refused:?}");
    assert!(elsewhere.received_requests().await.unwrap().is_empty());
}

#[test]
fn what_can_be_no_broker_or_would_show_a_secret_is_refused() {
    for url in ["broker", "ftp://broker", "http://user:s3cret@broker", "file:///s3cret"] {
        let said = Broker::new(url, None).unwrap_err().to_string();
        assert!(!said.contains("s3cret"), "{said}");
    }
    let token = "two\nlines".parse().unwrap();
    let refused = Broker::new("http://broker", Some(token));
    assert!(matches!(refused, Err(BrokerError::BadToken)), "{refused:?}");
}
