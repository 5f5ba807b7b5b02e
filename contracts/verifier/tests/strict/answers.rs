use serde_json::json;
use verifier::{Difference, Outcome, Part, Verdict};
use wiremock::{
    Mock, ResponseTemplate,
    matchers::{method, path},
};

use crate::shop::{answers, file, provider, shows_the_order, strictly, tells_of_payment};

#[tokio::test(flavor = "multi_thread")]
async fn what_the_consumer_needs_and_gets_passes_and_is_counted() {
    let server = provider().await;
    answers(
        &server,
        "/messages",
        ResponseTemplate::new(200).set_body_json(json!({ "paid": 1, "by": "card" })),
    )
    .await;
    let pact = file("shop", &[shows_the_order(json!({})), tells_of_payment(json!({}))]);

    let strict = strictly(&server, &[pact]).await;

    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
    assert_eq!(
        (strict.consumers[0].expected, strict.consumers[0].interactions.len()),
        (2, 2)
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn a_difference_names_its_part_its_path_and_both_values() {
    let server = provider().await;
    let mut broken = shows_the_order(json!({}));
    broken["response"]["body"]["content"]["status"] = json!("shipped");
    broken["response"]["status"] = json!(201);

    let strict = strictly(&server, &[file("shop", &[broken])]).await;

    let (_, failed) = strict.failures().next().unwrap();
    let Outcome::Differs { differences } = &failed.outcome else {
        panic!("{failed:?}");
    };
    let told = |difference: &Difference| {
        let Difference {
            part,
            path,
            expected,
            got,
            ..
        } = difference;
        (*part, path.clone(), expected.clone(), got.clone())
    };
    let told: Vec<_> = differences.iter().map(told).collect();
    let text = str::to_owned;
    assert!(
        told.contains(&(Part::Status, text(""), text("201"), text("200"))),
        "{told:?}"
    );
    let body = (Part::Body, text("$.status"), text("\"shipped\""), text("\"paid\""));
    assert!(told.contains(&body), "{told:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_message_that_is_not_as_needed_fails() {
    let server = provider().await;
    answers(
        &server,
        "/messages",
        ResponseTemplate::new(200).set_body_json(json!({ "paid": 2 })),
    )
    .await;

    let strict = strictly(&server, &[file("shop", &[tells_of_payment(json!({}))])]).await;

    assert_eq!(strict.verdict(), Verdict::Fail);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_redirect_is_an_answer_and_not_followed() {
    let server = provider().await;
    let elsewhere = ResponseTemplate::new(302).insert_header("location", "/orders/1");
    Mock::given(method("GET"))
        .and(path("/orders/old"))
        .respond_with(elsewhere)
        .mount(&server)
        .await;
    let moved = shows_the_order(json!({ "request": { "method": "GET", "path": "/orders/old" } }));

    let strict = strictly(&server, &[file("shop", &[moved])]).await;

    assert_eq!(strict.verdict(), Verdict::Fail, "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn one_consumer_that_breaks_does_not_hide_another_that_does_not() {
    let server = provider().await;
    let mut broken = shows_the_order(json!({}));
    broken["response"]["status"] = json!(404);

    let strict = strictly(
        &server,
        &[file("app", &[broken]), file("shop", &[shows_the_order(json!({}))])],
    )
    .await;

    let passed: Vec<_> = strict
        .consumers
        .iter()
        .map(|result| (result.consumer.as_str(), result.passed()))
        .collect();
    assert_eq!(passed, [("app", false), ("shop", true)]);
}
