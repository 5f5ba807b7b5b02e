//! The OpenAPI document has every served route and no others.

use std::collections::{BTreeMap, BTreeSet};

use axum::Router;
use commerce::{EventFeed, Inventory, Notifications, Orders, Payments, http};
use seam::Contract;
use serde_json::Value;

use crate::{golden::golden, requests::ask, samples};

fn document() -> Value {
    serde_json::to_value(http::openapi(&http::MODULES, &[])).unwrap()
}

/// All routers merged into one. The implementations fail every call: the test only asks if they are reached.
fn everything() -> Router {
    fn failing<C: Contract + ?Sized>() -> std::sync::Arc<C> {
        struct Failing;
        impl<C: Contract + ?Sized> seam::Carrier<C> for Failing {
            fn carry(&self, call: C::Call) -> seam::BoxFuture<'_, C::Reply> {
                let failure = seam::TransportFailure::new("test", "reached");
                Box::pin(async move { C::failed(&call, failure) })
            }
        }
        C::via(std::sync::Arc::new(Failing))
    }
    Router::new()
        .merge(http::orders::router(failing::<dyn Orders>()))
        .merge(http::payments::router(failing::<dyn Payments>()))
        .merge(http::inventory::router(failing::<dyn Inventory>()))
        .merge(http::notifications::router(failing::<dyn Notifications>()))
        .merge(http::feed::router("orders", failing::<dyn EventFeed>()))
        .fallback(http::fallback)
}

/// Operations of the document by path and method.
fn operations() -> BTreeMap<String, BTreeMap<String, Value>> {
    serde_json::from_value(document()["paths"].clone()).unwrap()
}

fn address(template: &str) -> String {
    let filled = template
        .replace("{module}", "orders")
        .replace("{sku}", "TEA")
        .replace("{customer_id}", "ada");
    let id = samples::order_id().to_string();
    ["{order_id}", "{payment_id}", "{notification_id}"]
        .iter()
        .fold(filled, |path, name| path.replace(name, &id))
}

#[test]
fn the_document_keeps_its_form() {
    golden("openapi.json", &document());
}

#[tokio::test]
async fn every_documented_route_is_served_with_its_methods_and_no_others() {
    let router = everything();
    for (path, documented) in operations() {
        let documented: BTreeSet<String> = documented.keys().map(|method| method.to_uppercase()).collect();
        for method in &documented {
            let reply = ask(&router, &format!("{method} {}", address(&path)), &[], "").await;
            assert!(!matches!(reply.status, 404 | 405), "{method} {path}: {}", reply.status);
        }
        let reply = ask(&router, &format!("TRACE {}", address(&path)), &[], "").await;
        let allowed = reply.header("allow").expect("405 says what is allowed").split(',');
        let served: BTreeSet<String> = allowed.filter(|method| *method != "HEAD").map(str::to_owned).collect();
        assert_eq!(served, documented, "{path}");
    }
}

#[test]
fn every_method_of_every_contract_is_documented() {
    let operations = operations();
    let named = operations.values().flat_map(BTreeMap::values);
    let documented: Vec<&str> = named
        .map(|operation| operation["operationId"].as_str().unwrap())
        .collect();
    let methods = [
        <dyn Orders>::METHODS,
        <dyn Payments>::METHODS,
        <dyn Inventory>::METHODS,
        <dyn Notifications>::METHODS,
        <dyn EventFeed>::METHODS,
    ];
    let mut expected: Vec<&str> = methods.concat().iter().map(|method| method.name).collect();
    expected.push("get_order_v1");
    let sorted = |names: Vec<&'static str>| names.into_iter().collect::<BTreeSet<_>>();
    assert_eq!(documented.len(), expected.len());
    assert_eq!(documented.iter().copied().collect::<BTreeSet<_>>(), sorted(expected));
}

fn references(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::Object(fields) => fields.iter().for_each(|(name, value)| match (name.as_str(), value) {
            ("$ref", Value::String(target)) => drop(found.insert(target.clone())),
            (_, value) => references(value, found),
        }),
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        _ => {}
    }
}

#[test]
fn a_document_has_the_routes_of_its_modules_and_no_others() {
    let mut all = document()["paths"].as_object().unwrap().clone();
    for module in http::MODULES {
        let own = serde_json::to_value(http::openapi(&[module], &[])).unwrap();
        for (path, item) in own["paths"].as_object().unwrap() {
            let is_feed = path == "/v2/events/{module}";
            let tag = if is_feed { "events" } else { module };
            for (method, operation) in item.as_object().unwrap() {
                assert_eq!(operation["tags"][0], tag, "{module}: {path}");
                if is_feed {
                    let schema = &operation["parameters"][0]["schema"];
                    assert_eq!(schema["enum"], serde_json::json!([module]));
                } else {
                    let whole = all[path].as_object_mut().unwrap().remove(method);
                    assert_eq!(
                        whole.as_ref(),
                        Some(operation),
                        "{method} {path} is in one module, as it is in the whole"
                    );
                }
            }
        }
        let mut used = BTreeSet::new();
        references(&own, &mut used);
        for reference in &used {
            assert!(
                own.pointer(reference.trim_start_matches('#')).is_some(),
                "{module}: {reference}"
            );
        }
    }
    all.remove("/v2/events/{module}");
    assert!(
        all.values().all(|item| item == &serde_json::json!({})),
        "{all:?} is in no module"
    );
}

#[test]
fn every_operation_says_which_methods_its_path_has_when_asked_for_another() {
    for (path, item) in operations() {
        for (method, operation) in item {
            let refusal = &operation["responses"]["405"];
            assert_eq!(refusal["description"], "METHOD_NOT_ALLOWED", "{method} {path}");
            assert!(refusal["headers"]["Allow"].is_object(), "{method} {path}");
        }
    }
}

#[test]
fn every_reference_leads_somewhere() {
    let document = document();
    let mut found = BTreeSet::new();
    references(&document, &mut found);
    assert!(found.len() > 20, "{found:?}");
    for reference in found {
        let pointer = reference.trim_start_matches('#');
        assert!(document.pointer(pointer).is_some(), "{reference} leads nowhere");
    }
}

#[test]
fn every_status_of_the_failures_is_documented() {
    let operations = operations();
    let create = &operations["/v2/orders"]["post"]["responses"];
    for (error, code, status, _) in samples::failures() {
        if code == "NOT_FOUND" {
            continue;
        }
        let said = create[status.to_string()]["description"].as_str().unwrap_or_default();
        assert!(
            said.split([',', ';', ' ']).any(|word| word == code),
            "{error:?} is not documented: {said:?}"
        );
    }
}
