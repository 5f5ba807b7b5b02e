//! The OpenAPI document of the API, held against the API.

use std::collections::BTreeSet;

use serde_json::{Value, json};

use crate::fixture::{Server, echo};

const GOLDEN: &str = include_str!("../../src/commands/proxy/openapi.json");

/// Returns the names in backquotes behind `expected` in an error about an unknown field or variant.
fn expected(error: &str) -> BTreeSet<String> {
    let list = error.split_once("expected").map_or("", |(_, list)| list);
    list.split('`').skip(1).step_by(2).map(str::to_owned).collect()
}

fn keys(object: &Value) -> BTreeSet<String> {
    object.as_object().unwrap().keys().cloned().collect()
}

/// Lays a fault that is wrong, and returns the names that were expected in its place.
fn known_to(server: &Server, fault: &Value) -> BTreeSet<String> {
    let (status, answer) = server.ask("POST", "/v1/proxies/echo/faults", fault.clone());
    assert_eq!(status, 400, "{fault}: {answer}");
    expected(answer["error"].as_str().unwrap())
}

#[test]
fn the_document_is_served_and_every_operation_in_it_is_answered() {
    let server = Server::new();
    server.create("echo", echo());
    let document = server.get("/openapi.json");
    assert_eq!(document, serde_json::from_str::<Value>(GOLDEN).unwrap());
    let mut asked = 0;
    for (path, operations) in document["paths"].as_object().unwrap() {
        for method in keys(operations) {
            let path = path
                .replace("{proxy}", "nobody")
                .replace("{toxic}", "t")
                .replace("{fault}", "f");
            let (status, said) = server.ask_as(&method.to_uppercase(), &path, "", "");
            let described = &operations[&method]["responses"][status.to_string()];
            assert!(described.is_object(), "{method} {path}: {status} {said}");
            assert!(!said.contains("there is no endpoint"), "{method} {path}: {said}");
            asked += 1;
        }
    }
    assert!(asked >= 24, "{asked}");
}

#[test]
fn the_document_has_the_effects_and_the_fields_that_the_library_has() {
    let server = Server::new();
    server.create("echo", echo());
    let document = server.get("/openapi.json");
    let schemas = &document["components"]["schemas"];
    let effects = &schemas["Effect"]["properties"];
    let fault = |does: Value| json!({ "name": "f", "does": does });
    assert_eq!(known_to(&server, &fault(json!({ "nonsense": {} }))), keys(effects));
    for kind in keys(effects) {
        let known = known_to(&server, &fault(json!({ &kind: { "nonsense": 1 } })));
        assert_eq!(known, keys(&effects[&kind]["properties"]), "{kind}");
    }
    let answer = json!({ "answer": { "status": 500 } });
    for (schema, fault) in [
        ("Fault", json!({ "nonsense": 1 })),
        (
            "Selector",
            json!({ "name": "f", "does": answer, "on": { "nonsense": 1 } }),
        ),
        (
            "Requests",
            json!({ "name": "f", "does": answer, "on": { "http": { "nonsense": 1 } } }),
        ),
    ] {
        assert_eq!(
            known_to(&server, &fault),
            keys(&schemas[schema]["properties"]),
            "{schema}"
        );
    }
    let example = schemas["Fault"]["examples"][0].clone();
    let (status, answer) = server.ask("POST", "/v1/proxies/echo/faults", example);
    assert_eq!(status, 201, "{answer}");
    for (schema, shown) in [
        ("Proxy", server.get("/proxies/echo")),
        ("Tally", answer["faults"][0]["tally"].clone()),
        ("Record", server.get("/v1/proxies/echo/record")),
        ("Operations", server.get("/v1/proxies/echo/openapi")),
        ("Counts", server.get("/v1/proxies/echo/counts")),
    ] {
        assert_eq!(keys(&shown), keys(&schemas[schema]["properties"]), "{schema}");
    }
}
