use std::panic::AssertUnwindSafe;

use futures::FutureExt;
use ledger::document::Document;
use pact_verifier::{FilterInfo, PactSource};
use serde_json::{Value, json};
use verifier::{Problem, Verdict, mutate::mutate};
use wiremock::MockServer;

use crate::shop::{by_itself, file, provider, provider_of, selection, shows_the_order, strictly, version_3};

/// Checks that neither `verify` nor `mutate` judges the pact, and that both say why.
async fn is_not_judged(server: &MockServer, pact: &Value, words: &[&str]) {
    let strict = strictly(server, std::slice::from_ref(pact)).await;
    let mutation = mutate(&selection(std::slice::from_ref(pact))).await;

    assert_eq!(strict.verdict(), Verdict::CouldNotRun, "{strict:?}");
    assert!(mutation.is_broken() && mutation.pairs.is_empty(), "{mutation:?}");
    for problems in [&strict.problems, &mutation.problems] {
        let said = problems.iter().map(Problem::to_string).collect::<Vec<_>>().join("\n");
        assert!(words.iter().all(|word| said.contains(word)), "wanted {words:?}: {said}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_transport_other_than_http_is_refused_and_not_asked_elsewhere() {
    for transport in [
        json!("https"),
        json!("HTTP"),
        json!("grpc"),
        json!(""),
        json!(null),
        json!(7),
    ] {
        let server = provider().await;
        let pact = file("shop", &[shows_the_order(json!({ "transport": transport }))]);

        by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;

        let asked = server.received_requests().await.unwrap();
        let is_order = asked.iter().any(|request| request.url.path() == "/orders/1");
        assert!(!is_order, "pact_verifier asks another port");
        let named = format!("the transport {transport} of 'show an order'");
        is_not_judged(&server, &pact, &["shop.json: /interactions/0/transport is", &named]).await;
    }
    let server = provider().await;
    let pact = file("shop", &[shows_the_order(json!({ "transport": "http" }))]);
    assert_eq!(strictly(&server, &[pact]).await.verdict(), Verdict::Pass);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_plugin_is_refused_by_its_name() {
    let server = provider_of("text/csv", "not,a\nreport,at all", json!({})).await;
    let rules = json!({
        "$": { "combine": "AND", "matchers": [{ "match": "type" }] },
        "column:A": { "combine": "AND", "matchers": [{ "match": "integer" }] },
    });
    let mut pact = file(
        "shop",
        &[shows_the_order(json!({
            "response": {
                "status": 200,
                "body": { "content": "A,B\n1,2", "contentType": "text/csv", "encoded": false },
                "matchingRules": { "body": rules },
            },
        }))],
    );
    pact["metadata"]["plugins"] = json!([{ "name": "csv", "version": "0.0.6" }]);

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;

    assert!(alone.result, "pact_verifier is green");
    is_not_judged(&server, &pact, &["shop.json: /metadata/plugins/0 is the plugin 'csv'"]).await;
    pact["metadata"]["plugins"] = json!([]);
    pact["interactions"][0]["pluginConfiguration"] = json!({ "csv": { "csvHeaders": true } });
    is_not_judged(
        &server,
        &pact,
        &["/interactions/0/pluginConfiguration is", "'show an order'"],
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_synchronous_message_is_refused_with_a_reason_of_its_own() {
    let server = provider().await;
    let contents =
        json!({ "contents": { "content": { "paid": 1 }, "contentType": "application/json", "encoded": false } });
    let pact = file(
        "shop",
        &[json!({
            "type": "Synchronous/Messages", "description": "asks whether it is paid",
            "request": contents, "response": [contents],
        })],
    );

    let words = "shop.json: /interactions/0/type is that of 'asks whether it is paid', a synchronous message, which \
                 is not judged here";
    is_not_judged(&server, &pact, &[words]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_status_that_is_none_is_refused_when_the_file_is_read() {
    let server = provider_of("text/plain", "", json!({})).await;
    let read =
        |pact: &Value| Document::parse("shop.json", pact.to_string().as_bytes()).map_err(|error| error.to_string());

    let wrapped = version_3(json!({ "status": 65736 }));
    let alone = by_itself(&server, PactSource::String(wrapped.to_string()), FilterInfo::None).await;
    assert!(alone.result, "pact_verifier takes 65736 for 200");
    let text = version_3(json!({ "status": "200" }));
    let alone = by_itself(&server, PactSource::String(text.to_string()), FilterInfo::None);
    assert!(
        AssertUnwindSafe(alone).catch_unwind().await.is_err(),
        "pact_verifier panics"
    );

    for status in [
        json!(65736),
        json!("200"),
        json!(null),
        json!([200]),
        json!(-1),
        json!(200.5),
        json!(99),
        json!(600),
    ] {
        let said = read(&version_3(json!({ "status": status }))).unwrap_err();
        assert!(
            said.starts_with("shop.json: /interactions/0/response/status is "),
            "{said}"
        );
    }
    assert!(read(&version_3(json!({}))).is_ok(), "no status is 200");
}

#[tokio::test(flavor = "multi_thread")]
async fn numbers_beyond_64_bits_are_refused_since_they_would_be_compared_as_doubles() {
    let server = provider_of("application/json", r#"{"i":12345678901234567890124}"#, json!({})).await;
    let response = json!({ "headers": { "content-type": "application/json" }, "body": { "i": "NUMBER" } });
    let pact = version_3(response).to_string();
    let pact = pact.replace("\"NUMBER\"", "12345678901234567890123");

    let alone = by_itself(&server, PactSource::String(pact.clone()), FilterInfo::None).await;
    let read = Document::parse("shop.json", pact.as_bytes()).unwrap_err().to_string();

    assert!(alone.result, "pact_verifier is green");
    let words =
        "shop.json: /interactions/0/response/body/i is the number 12345678901234567890123; wanted a number that";
    assert!(read.starts_with(words), "{read}");

    // As text the file hides it from the reader of the file.
    let as_text = version_3(json!({
        "headers": { "content-type": "application/json" }, "body": r#"{"i":12345678901234567890123}"#,
    }));
    let strict = strictly(&server, &[as_text]).await;
    assert_ne!(strict.verdict(), Verdict::Pass, "{strict:?}");
}
