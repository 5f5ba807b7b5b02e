use pact_verifier::{FilterInfo, PactSource};
use serde_json::{Value, json};
use verifier::{Outcome, Verdict, mutate::mutate};
use wiremock::ResponseTemplate;

use crate::shop::{answers, by_itself, file, provider, provider_of, selection, strictly, tells_of_payment, version_3};

fn pact(example: &Value, rules: &Value) -> Value {
    version_3(json!({
        "headers": { "content-type": "application/json" }, "body": example, "matchingRules": { "body": rules },
    }))
}

fn regex(regex: &str) -> Value {
    json!({ "combine": "AND", "matchers": [{ "match": "regex", "regex": regex }] })
}

/// Checks that this body passes pact_verifier and not the strict verifier.
async fn is_a_hole(body: Value, pact: Value) {
    let server = provider_of("application/json", &body.to_string(), json!({})).await;
    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, std::slice::from_ref(&pact)).await;

    assert!(alone.result, "pact_verifier is green: {body}");
    assert_eq!(strict.verdict(), Verdict::Fail, "{body}");
    let (_, failed) = strict.failures().next().unwrap();
    let Outcome::Differs { differences } = &failed.outcome else {
        panic!("{failed:?}");
    };
    assert!(
        differences[0].why.starts_with("Expected text, since its rule is ") || differences[0].expected == "[]",
        "{differences:?}"
    );
}

#[tokio::test(flavor = "multi_thread")]
async fn null_and_objects_are_no_text_whatever_the_pattern_is() {
    for other in [json!(null), json!({ "b": 1 }), json!([1])] {
        is_a_hole(
            json!({ "a": other }),
            pact(&json!({ "a": "x" }), &json!({ "$.a": regex(".*") })),
        )
        .await;
    }
    is_a_hole(
        json!({ "a": null }),
        pact(&json!({ "a": "x" }), &json!({ "$.a": regex("\\w+") })),
    )
    .await;
    let includes = json!({ "$.a": { "matchers": [{ "match": "include", "value": "ul" }] } });
    is_a_hole(json!({ "a": null }), pact(&json!({ "a": "bulk" }), &includes)).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn rules_of_version_2_are_no_exception() {
    let mut old = version_3(json!({
        "headers": { "content-type": "application/json" }, "body": { "a": "x" },
        "matchingRules": { "$.body.a": { "match": "regex", "regex": "\\w+" } },
    }));
    old["metadata"]["pactSpecification"]["version"] = json!("2.0.0");
    is_a_hole(json!({ "a": null }), old).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn elements_beyond_the_example_are_judged_too() {
    let rules = json!({ "$.list": { "matchers": [{ "match": "type" }] }, "$.list[*].a": regex("\\w+") });
    let example = json!({ "list": [{ "a": "x" }] });
    is_a_hole(json!({ "list": [{ "a": "y" }, { "a": null }] }), pact(&example, &rules)).await;

    let contains = json!({ "$.list": { "matchers": [{
        "match": "arrayContains", "variants": [{ "index": 0, "rules": { "$.a": regex("\\w+") } }],
    }] } });
    is_a_hole(json!({ "list": [{ "a": null }] }), pact(&example, &contains)).await;

    let values = json!({ "$.map": { "matchers": [{ "match": "values" }] }, "$.map.*": regex("\\w+") });
    is_a_hole(
        json!({ "map": { "other": null } }),
        pact(&json!({ "map": { "one": "x" } }), &values),
    )
    .await;
}

#[tokio::test(flavor = "multi_thread")]
async fn null_passes_where_the_pact_asks_for_it() {
    let either = json!({ "$.a": {
        "combine": "OR", "matchers": [{ "match": "regex", "regex": "\\d+" }, { "match": "null" }],
    } });
    let contains = json!({ "$.a": { "matchers": [{
        "match": "arrayContains", "variants": [{ "index": 0, "rules": { "$": regex("\\w+") } }],
    }] } });
    for (body, pact) in [
        (json!({ "a": null }), pact(&json!({ "a": "1" }), &either)),
        (
            json!({ "a": null }),
            pact(&json!({ "a": null }), &json!({ "$.a": regex("null") })),
        ),
        (
            json!({ "a": 12 }),
            pact(&json!({ "a": "1" }), &json!({ "$.a": regex("\\d+") })),
        ),
        (json!({ "a": [null, "x"] }), pact(&json!({ "a": ["y"] }), &contains)),
        (
            json!({ "a": "x", "more": null }),
            pact(&json!({ "a": "x" }), &json!({ "$.*": regex("\\w+") })),
        ),
    ] {
        let server = provider_of("application/json", &body.to_string(), json!({})).await;
        let strict = strictly(&server, &[pact]).await;
        assert_eq!(strict.verdict(), Verdict::Pass, "{body}: {strict:?}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn messages_are_judged_like_responses() {
    let server = provider().await;
    answers(
        &server,
        "/messages",
        ResponseTemplate::new(200).set_body_json(json!({ "paid": null })),
    )
    .await;
    let contents = json!({ "content": { "paid": "yes" }, "contentType": "application/json", "encoded": false });
    let pact = file(
        "shop",
        &[tells_of_payment(
            json!({ "contents": contents, "matchingRules": { "body": { "$.paid": regex("\\w+") } } }),
        )],
    );

    let alone = by_itself(&server, PactSource::String(pact.to_string()), FilterInfo::None).await;
    let strict = strictly(&server, &[pact]).await;

    assert!(alone.result, "pact_verifier is green");
    assert_eq!(strict.verdict(), Verdict::Fail, "{strict:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn mutants_with_null_in_place_of_text_are_killed() {
    let pact = pact(&json!({ "a": "x" }), &json!({ "$.a": regex("\\w+") }));
    let mutation = mutate(&selection(&[pact])).await;
    let survivors = &mutation.pairs[0].survivors;
    let names = survivors.iter().flat_map(|weakness| &weakness.operators);
    let names: Vec<&str> = names.map(|operator| operator.name()).collect();
    assert!(!names.contains(&"null") && !names.contains(&"as object"), "{names:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_list_with_an_empty_example_keeps_its_bounds() {
    for (rules, body) in [
        (
            json!([{ "match": "type" }, { "min": "0" }, { "max": "0" }]),
            json!([1, 2, 3]),
        ),
        (json!([{ "match": "type", "max": 2 }]), json!([1, 2, 3])),
        (json!([{ "match": "type", "min": 2, "max": 4 }]), json!([1])),
    ] {
        let rules = json!({ "$.list": { "combine": "AND", "matchers": rules } });
        is_a_hole(json!({ "list": body }), pact(&json!({ "list": [] }), &rules)).await;
    }
    let rules = json!({ "$.list": { "combine": "AND", "matchers": [{ "match": "type", "max": 2 }] } });
    let server = provider_of("application/json", r#"{"list":[1,2]}"#, json!({})).await;
    let strict = strictly(&server, &[pact(&json!({ "list": [] }), &rules)]).await;
    assert_eq!(strict.verdict(), Verdict::Pass, "{strict:?}");
}
