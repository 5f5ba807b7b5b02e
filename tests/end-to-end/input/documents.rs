//! The OpenAPI documents of the running services: each lists what its service serves, and nothing else.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::Value;
use tests::Platform;

use super::caller::Caller;

const SERVICES: [&str; 4] = ["orders", "payments", "inventory", "notifications"];

/// Methods by path of a document.
fn operations(document: &Value) -> BTreeMap<String, BTreeSet<String>> {
    let paths = document["paths"].as_object().expect("a document has paths");
    let methods = |item: &Value| item.as_object().map(|item| item.keys().cloned().collect());
    paths
        .iter()
        .flat_map(|(path, item)| {
            // One template stands for the event logs of all modules that a process serves.
            let modules = item.pointer("/get/parameters/0/schema/enum").and_then(Value::as_array);
            let modules = modules
                .filter(|_| path.contains("{module}"))
                .into_iter()
                .flatten()
                .filter_map(Value::as_str);
            let literal: Vec<String> = modules.map(|module| path.replace("{module}", module)).collect();
            let literal = if literal.is_empty() {
                vec![path.clone()]
            } else {
                literal
            };
            literal
                .into_iter()
                .map(move |path| (path, methods(item).unwrap_or_default()))
        })
        .collect()
}

/// The code of the answer to a method that no route has.
fn code_at(service: &Caller, path: &str) -> String {
    let id = "00000000-0000-0000-0000-000000000000";
    let address: Vec<&str> = path
        .split('/')
        .map(|part| if part.starts_with('{') { id } else { part })
        .collect();
    service.trace(&address.join("/"))
}

#[test]
fn each_service_documents_the_routes_that_it_serves_and_no_others() {
    let (platform, monolith) = (Platform::up("microservices"), Platform::up("monolith"));
    let monolith = Caller::new(monolith.address("monolith"));
    let all = operations(&monolith.get("/openapi.json"));
    let mut joined = BTreeMap::new();

    for service in SERVICES {
        let service_of = Caller::new(platform.address(service));
        let own = operations(&service_of.get("/openapi.json"));
        for path in all.keys() {
            let wanted = if own.contains_key(path) {
                "METHOD_NOT_ALLOWED"
            } else {
                "UNKNOWN_ROUTE"
            };
            assert_eq!(code_at(&service_of, path), wanted, "{service}: {path}");
        }
        joined.extend(own);
    }

    assert_eq!(joined, all, "the monolith serves what the services serve together");
}
