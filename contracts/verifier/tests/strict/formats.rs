//! Formats that pact_matching judges only with features switched on, and what it leaves out all the same.

use serde_json::{Value, json};
use verifier::{Verdict, mutate::mutate};
use wiremock::{
    Mock, MockServer, ResponseTemplate,
    matchers::{body_string, method, path},
};

use crate::shop::{answers, file, provider_of, selection, shows_the_order, strictly, version_3};

/// Checks the verdict on an answer to a pact of version 3.
async fn judged(wanted: Verdict, content_type: &str, body: &str, response: Value) {
    let server = provider_of(content_type, body, json!({})).await;
    let strict = strictly(&server, &[version_3(response)]).await;
    assert_eq!(strict.verdict(), wanted, "{body}: {strict:?}");
}

fn matchers(rule: Value) -> Value {
    json!({ "combine": "AND", "matchers": [rule] })
}

#[tokio::test(flavor = "multi_thread")]
async fn dates_and_times_are_judged_by_their_format() {
    for (rule, example, good, bad) in [
        (
            json!({ "match": "date", "date": "yyyy-MM-dd" }),
            "2020-01-01",
            "2031-12-30",
            "30.12.2031",
        ),
        (
            json!({ "match": "time", "time": "HH:mm:ss" }),
            "10:00:00",
            "23:59:58",
            "24:61:00",
        ),
        (
            json!({ "match": "timestamp", "timestamp": "yyyy-MM-dd'T'HH:mm:ss.SSS'Z'" }),
            "2017-08-11T02:54:42.522Z",
            "2026-11-30T09:00:00.001Z",
            "2026-11-30T09:00:00Z",
        ),
        (
            json!({ "match": "timestamp", "timestamp": "yyyy-MM-dd'T'HH:mm:ssXXX" }),
            "2017-08-11T02:54:42+01:00",
            "2026-11-30T09:00:00-05:00",
            "2026-11-30 09:00:00",
        ),
    ] {
        let response = json!({
            "headers": { "content-type": "application/json" },
            "body": { "at": example }, "matchingRules": { "body": { "$.at": matchers(rule) } },
        });
        let body = |text: &str| json!({ "at": text }).to_string();
        judged(Verdict::Pass, "application/json", &body(good), response.clone()).await;
        judged(Verdict::Fail, "application/json", &body(bad), response.clone()).await;
        judged(Verdict::Fail, "application/json", r#"{"at":null}"#, response).await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_is_compared_as_xml() {
    let order = r#"<order id="7" state="paid"><total>9.99</total></order>"#;
    let expected = |rules: Value| {
        json!({
            "headers": { "content-type": "application/xml" }, "body": order, "matchingRules": { "body": rules },
        })
    };
    let turned = r#"<?xml version="1.0"?><order state="paid" id="7"><total>9.99</total></order>"#;
    judged(Verdict::Pass, "application/xml", turned, expected(json!({}))).await;
    let other = r#"<order id="8" state="paid"><total>9.99</total></order>"#;
    judged(Verdict::Fail, "application/xml", other, expected(json!({}))).await;

    let typed = json!({ "$.order.total.#text": matchers(json!({ "match": "type" })) });
    let dearer = r#"<order id="7" state="paid"><total>10.50</total></order>"#;
    judged(Verdict::Pass, "application/xml", dearer, expected(typed.clone())).await;
    judged(Verdict::Fail, "application/xml", other, expected(typed)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn xml_under_a_type_rule_is_not_any_text() {
    for content_type in ["application/xml", "text/xml", "application/soap+xml"] {
        let response = json!({
            "headers": { "content-type": content_type }, "body": "<order><id>1</id></order>",
            "matchingRules": { "body": { "$": matchers(json!({ "match": "type" })) } },
        });
        judged(
            Verdict::Pass,
            content_type,
            "<order><id>2</id></order>",
            response.clone(),
        )
        .await;
        for body in [
            "Internal Server Error",
            "<error>no such order</error>",
            "<order/>",
            "<order",
        ] {
            judged(Verdict::Fail, content_type, body, response.clone()).await;
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn multipart_is_compared_by_its_parts() {
    let parts = |boundary: &str, name: &str, text: &str| {
        let part = format!("Content-Disposition: form-data; name=\"{name}\"\r\n\r\n{text}\r\n");
        format!("--{boundary}\r\n{part}--{boundary}--\r\n")
    };
    let rule = json!({ "match": "regex", "regex": "multipart/form-data;\\s*boundary=.*" });
    let response = |rules: Value| {
        json!({
            "headers": { "content-type": "multipart/form-data;boundary=AAA" }, "body": parts("AAA", "n", "Baxter"),
            "matchingRules": { "header": { "content-type": matchers(rule.clone()) }, "body": rules },
        })
    };
    let content_type = "multipart/form-data; boundary=BBB";
    judged(
        Verdict::Pass,
        content_type,
        &parts("BBB", "n", "Baxter"),
        response(json!({})),
    )
    .await;
    judged(
        Verdict::Fail,
        content_type,
        &parts("BBB", "n", "Other"),
        response(json!({})),
    )
    .await;
    let typed = json!({ "$": matchers(json!({ "match": "type" })) });
    judged(Verdict::Fail, content_type, "any text", response(typed.clone())).await;
    judged(
        Verdict::Fail,
        content_type,
        &parts("BBB", "m", "Baxter"),
        response(typed),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_states_are_wanted_in_responses() {
    let generators = json!({ "body": { "$.id": { "type": "ProviderState", "expression": "${id}" } } });
    let mut pact = version_3(json!({
        "headers": { "content-type": "application/json" }, "body": { "id": "4beb" }, "generators": generators,
    }));
    pact["interactions"][0]["providerStates"] = json!([{ "name": "an order" }]);
    for (body, wanted) in [(r#"{"id":"0904"}"#, Verdict::Pass), (r#"{"id":"4beb"}"#, Verdict::Fail)] {
        let server = provider_of("application/json", body, json!({ "id": "0904" })).await;
        let strict = strictly(&server, std::slice::from_ref(&pact)).await;
        assert_eq!(strict.verdict(), wanted, "{body}: {strict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn values_of_states_are_sent_in_forms() {
    let server = MockServer::start().await;
    Mock::given(method("POST"))
        .and(path("/orders"))
        .and(body_string("id=77"))
        .respond_with(ResponseTemplate::new(200))
        .mount(&server)
        .await;
    answers(
        &server,
        "/states",
        ResponseTemplate::new(200).set_body_json(json!({ "id": "77" })),
    )
    .await;
    let mut pact = version_3(json!({}));
    pact["interactions"][0]["providerStates"] = json!([{ "name": "an order" }]);
    pact["interactions"][0]["request"] = json!({
        "method": "POST", "path": "/orders", "headers": { "content-type": "application/x-www-form-urlencoded" },
        "body": "id=1",
        "generators": { "body": { "$.id": { "type": "ProviderState", "expression": "${id}" } } },
    });

    let strict = strictly(&server, &[pact]).await;

    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_body_that_is_null_in_json_is_a_body() {
    let pact = file(
        "shop",
        &[shows_the_order(json!({ "response": {
            "status": 200, "headers": { "content-type": ["application/json"] },
            "body": { "content": null, "contentType": "application/json", "encoded": false },
        } }))],
    );
    for (body, wanted) in [("null", Verdict::Pass), (r#"{"a":1}"#, Verdict::Fail)] {
        let server = provider_of("application/json", body, json!({})).await;
        let strict = strictly(&server, std::slice::from_ref(&pact)).await;
        assert_eq!(strict.verdict(), wanted, "{body}: {strict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_byte_order_mark_is_said() {
    let response = json!({ "headers": { "content-type": "application/json" }, "body": { "a": 1 } });
    let server = provider_of("application/json", "\u{feff}{\"a\":1}", json!({})).await;
    let strict = strictly(&server, &[version_3(response)]).await;
    assert_eq!(strict.verdict(), Verdict::Fail);
    assert!(
        format!("{strict:?}").contains("it begins with a byte-order mark"),
        "{strict:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn an_example_with_dates_can_be_mutated() {
    let rule = matchers(json!({ "match": "date", "date": "yyyy-MM-dd" }));
    let pact = version_3(json!({
        "headers": { "content-type": "application/json" },
        "body": { "on": "2020-01-01" }, "matchingRules": { "body": { "$.on": rule } },
    }));
    let mutation = mutate(&selection(&[pact])).await;
    assert!(!mutation.is_broken() && mutation.pairs[0].reaches(100), "{mutation:?}");
}
