use ledger::{document::Document, source::FoundPact};
use serde_json::{Value, json};
use verifier::{
    Filter, Selection,
    mutate::{Mutation, Strength, Weakness, mutate},
};

/// A pact of one interaction between a shop and orders, version 4.
pub(crate) fn pact(interaction: &Value) -> FoundPact {
    file(&json!({
        "consumer": { "name": "shop" },
        "provider": { "name": "orders" },
        "interactions": [interaction],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    }))
}

pub(crate) fn file(file: &Value) -> FoundPact {
    FoundPact {
        file: "shop-orders.json".to_owned(),
        document: Document::parse("shop-orders.json", file.to_string().as_bytes()).unwrap(),
    }
}

/// An interaction whose body is this under these rules.
pub(crate) fn answering(body: &Value, rules: &Value) -> Value {
    json!({
        "type": "Synchronous/HTTP",
        "description": "get an order",
        "request": { "method": "GET", "path": "/orders/1" },
        "response": {
            "status": 200,
            "headers": { "content-type": ["application/json"] },
            "body": { "content": body, "contentType": "application/json", "encoded": false },
            "matchingRules": { "body": rules },
        },
    })
}

pub(crate) fn rule(rule: Value) -> Value {
    json!({ "combine": "AND", "matchers": [rule] })
}

pub(crate) fn selection(pacts: &[FoundPact]) -> Selection {
    Selection::new("orders", pacts, Filter::default(), "pacts")
}

pub(crate) async fn mutated(pact: FoundPact) -> Mutation {
    mutate(&selection(&[pact])).await
}

pub(crate) async fn strength(interaction: &Value) -> Strength {
    let mutation = mutated(pact(interaction)).await;
    assert_eq!(mutation.problems, []);
    let [strength] = mutation.pairs.try_into().unwrap();
    strength
}

/// Each field with what was done to it.
pub(crate) fn named(weaknesses: &[Weakness]) -> Vec<(String, Vec<&'static str>)> {
    let operators = |weakness: &Weakness| weakness.operators.iter().map(|operator| operator.name()).collect();
    weaknesses
        .iter()
        .map(|weakness| (weakness.place(), operators(weakness)))
        .collect()
}
