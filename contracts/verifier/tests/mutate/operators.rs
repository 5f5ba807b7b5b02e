use std::collections::BTreeSet;

use serde_json::{Value, json};
use verifier::{
    Filter, Part, Problem, Selection,
    mutate::{Mutant, Operator, Subject, mutate},
};

use super::support::{answering, file, mutated, named, pact, rule, selection, strength};

const WORDS: &str = "^(pending|shipped)$";

fn mutants(interaction: &Value) -> Vec<Mutant> {
    let pact = pact(interaction);
    Subject::load(&pact, &pact.document.interactions()[0])
        .unwrap()
        .mutants()
}

fn body(mutant: &Mutant) -> Value {
    serde_json::from_slice(mutant.reply.body()).unwrap_or_default()
}

#[tokio::test]
async fn a_pact_of_nothing_but_exact_values_notices_every_change() {
    let body = json!({
        "id": "a1", "total": 3, "rate": 1.5, "gift": true, "note": null, "lines": [{ "sku": "lamp" }], "tags": [],
    });

    let strength = strength(&answering(&body, &json!({}))).await;

    assert_eq!((named(&strength.survivors), strength.permitted), (Vec::new(), 0));
    assert_eq!(
        (strength.killed, strength.score().as_str()),
        (strength.mutants, "100.0 %")
    );
}

#[test]
fn every_operator_has_a_place_in_an_ordinary_reply() {
    let rules = json!({ "$.status": rule(json!({ "match": "regex", "regex": WORDS })) });
    let reply = answering(&json!({ "status": "pending", "total": 3, "lines": [1] }), &rules);

    let used: BTreeSet<Operator> = mutants(&reply).iter().map(|mutant| mutant.operator).collect();

    assert_eq!(used, Operator::ALL.into_iter().collect());
}

#[test]
fn a_mutant_differs_from_the_example_in_one_place() {
    let example = json!({ "order": { "id": "a1" } });
    let at_id = |operator| {
        let mutants = mutants(&answering(&example, &json!({})));
        let found = mutants
            .into_iter()
            .find(|mutant| mutant.operator == operator && mutant.path == "$.order.id");
        body(&found.unwrap())
    };

    assert_eq!(at_id(Operator::Dropped), json!({ "order": {} }));
    assert_eq!(at_id(Operator::Renamed), json!({ "order": { "id_": "a1" } }));
    assert_eq!(at_id(Operator::Null), json!({ "order": { "id": null } }));
    assert_eq!(at_id(Operator::AsNumber), json!({ "order": { "id": 7 } }));
    assert_eq!(at_id(Operator::AsObject), json!({ "order": { "id": {} } }));
}

#[tokio::test]
async fn a_number_that_is_only_typed_is_unprotected_against_decimals() {
    let rules = json!({ "$.total": rule(json!({ "match": "type" })) });

    let strength = strength(&answering(&json!({ "total": 3 }), &rules)).await;

    assert_eq!(
        named(&strength.survivors),
        [("body $.total".to_owned(), vec!["decimal"])]
    );
    assert_eq!(strength.mutants, strength.killed + 1);
}

#[tokio::test]
async fn text_by_a_pattern_that_numbers_fit_is_unprotected_against_numbers() {
    let rules = json!({ "$.code": rule(json!({ "match": "regex", "regex": r"^\d+$" })) });

    let strength = strength(&answering(&json!({ "code": "42" }), &rules)).await;

    assert_eq!(
        named(&strength.survivors),
        [("body $.code".to_owned(), vec!["as number"])]
    );
}

#[tokio::test]
async fn elements_of_one_list_are_one_field() {
    let rules = json!({ "$.lines[*].quantity": rule(json!({ "match": "type" })) });
    let lines = json!({ "lines": [{ "quantity": 1 }, { "quantity": 2 }] });

    let strength = strength(&answering(&lines, &rules)).await;

    assert_eq!(
        named(&strength.survivors),
        [("body $.lines[*].quantity".to_owned(), vec!["decimal"])]
    );
}

#[tokio::test]
async fn what_the_pact_permits_does_not_count_and_is_not_refused() {
    let mut reply = answering(
        &json!({ "status": "pending", "rate": 2, "lines": [{ "sku": "lamp" }] }),
        &json!({
            "$.status": rule(json!({ "match": "regex", "regex": WORDS })),
            "$.rate": rule(json!({ "match": "number" })),
            "$.lines": rule(json!({ "match": "type", "min": 1 })),
        }),
    );
    let success = rule(json!({ "match": "statusCode", "status": "success" }));
    reply["response"]["matchingRules"]["status"] = json!({ "": success });

    let permitted: Vec<(Operator, String)> = mutants(&reply)
        .into_iter()
        .filter(|mutant| mutant.is_permitted)
        .map(|mutant| (mutant.operator, format!("{} {}", mutant.part.name(), mutant.path)))
        .collect();
    let strength = strength(&reply).await;

    for (operator, place) in [
        (Operator::InRange, "status "),
        (Operator::InRange, "body $.status"),
        (Operator::InRange, "body $.rate"),
        (Operator::Decimal, "body $.rate"),
        (Operator::Longer, "body $.lines"),
    ] {
        assert!(permitted.contains(&(operator, place.to_owned())), "{permitted:?}");
    }
    assert_eq!(
        (named(&strength.survivors), named(&strength.contradictions)),
        (Vec::new(), Vec::new())
    );
    assert_eq!(
        (strength.killed, strength.permitted),
        (strength.mutants, permitted.len())
    );
}

#[test]
fn an_enumeration_has_another_word_within_its_range_and_one_outside() {
    let rules = json!({ "$.status": rule(json!({ "match": "regex", "regex": WORDS })) });
    let mutants = mutants(&answering(&json!({ "status": "pending" }), &rules));
    let status = |operator| {
        let is_it = |mutant: &&Mutant| mutant.operator == operator && mutant.part == Part::Body;
        body(mutants.iter().find(is_it).unwrap())["status"].clone()
    };

    assert_eq!(status(Operator::InRange), "shipped");
    let outside = status(Operator::OutOfRange);
    assert!(
        !["pending", "shipped"].contains(&outside.as_str().unwrap()),
        "{outside}"
    );
}

#[tokio::test]
async fn rules_that_contradict_each_other_are_listed_apart() {
    // The rule of the list takes more elements; that of the second one, which only then is there, takes none of them.
    let rules = json!({
        "$.lines": rule(json!({ "match": "type", "min": 1 })),
        "$.lines[1]": rule(json!({ "match": "null" })),
    });

    let strength = strength(&answering(&json!({ "lines": [1] }), &rules)).await;

    assert_eq!(
        named(&strength.contradictions),
        [("body $.lines".to_owned(), vec!["longer list"])]
    );
}

#[tokio::test]
async fn headers_are_dropped_and_altered() {
    let mut reply = answering(&json!({}), &json!({}));
    reply["response"]["headers"]["X-Total"] = json!(["3"]);

    let of_headers: Vec<_> = mutants(&reply)
        .into_iter()
        .filter(|mutant| matches!(mutant.part, Part::Header | Part::ContentType))
        .map(|mutant| (mutant.path, mutant.operator))
        .collect();

    assert_eq!(
        of_headers,
        [
            ("X-Total".to_owned(), Operator::Dropped),
            ("X-Total".to_owned(), Operator::OutOfRange),
            ("content-type".to_owned(), Operator::Dropped),
            ("content-type".to_owned(), Operator::OutOfRange),
        ]
    );
    assert_eq!(named(&strength(&reply).await.survivors), []);
}

#[tokio::test]
async fn a_message_is_changed_in_contents_media_type_and_metadata() {
    let message = json!({
        "type": "Asynchronous/Messages",
        "description": "an event",
        "contents": { "content": { "version": 1 }, "contentType": "application/json", "encoded": false },
        "matchingRules": { "body": { "$.version": rule(json!({ "match": "type" })) } },
        "metadata": { "contentType": "application/json", "topic": "orders" },
    });

    let parts: BTreeSet<Part> = mutants(&message).iter().map(|mutant| mutant.part).collect();
    let strength = strength(&message).await;

    assert_eq!(parts, BTreeSet::from([Part::ContentType, Part::Body, Part::Metadata]));
    assert_eq!(
        named(&strength.survivors),
        [("body $.version".to_owned(), vec!["decimal"])]
    );
}

#[tokio::test]
async fn older_pacts_are_changed_alike() {
    let rules = json!({ "$.body.total": { "match": "type" } });
    let interaction = json!({
        "description": "get an order",
        "request": { "method": "GET", "path": "/orders/1" },
        "response": { "status": 200, "body": { "total": 3 }, "matchingRules": rules },
    });
    let second = file(&json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "orders" },
        "interactions": [interaction],
        "metadata": { "pactSpecification": { "version": "2.0.0" } },
    }));

    let mutation = mutated(second).await;

    assert_eq!(mutation.problems, []);
    assert_eq!(
        named(&mutation.pairs[0].survivors),
        [("body $.total".to_owned(), vec!["decimal"])]
    );
}

#[tokio::test]
async fn an_example_that_does_not_pass_itself_is_an_error_and_no_score() {
    let rules = json!({ "$.total": rule(json!({ "match": "integer" })) });

    let mutation = mutated(pact(&answering(&json!({ "total": "three" }), &rules))).await;

    let [
        Problem::Unusable {
            description, reason, ..
        },
    ] = mutation.problems.as_slice()
    else {
        panic!("{:?}", mutation.problems);
    };
    assert_eq!(description, "get an order");
    assert!(
        reason.contains("its own example does not pass") && reason.contains("$.total"),
        "{reason}"
    );
    assert!(mutation.pairs.is_empty() && mutation.is_broken());
}

#[tokio::test]
async fn without_pacts_there_is_nothing_to_mutate() {
    let nothing = mutate(&selection(&[])).await;
    let other = Selection::new(
        "ordes",
        &[pact(&answering(&json!({}), &json!({})))],
        Filter::default(),
        "pacts",
    );

    assert!(nothing.is_vacuous() && !nothing.is_broken());
    assert!(mutate(&other).await.is_vacuous());
}
