//! Changes, and the consumers that they break.

use ledger::{
    diff::{Change, Difference, Effect, Snapshot},
    document::Document,
    source::FoundPact,
};
use serde_json::{Value, json};

use crate::golden::golden;

/// A pact of one interaction in which an order is created, with these bodies.
fn pact(consumer: &str, request: &Value, response: &Value) -> Value {
    let content = |value: &Value| json!({ "contentType": "application/json", "content": value });
    json!({
        "consumer": { "name": consumer }, "provider": { "name": "orders" },
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "an order is made",
            "providerStates": [{ "name": "there is stock" }],
            "request": {
                "method": "POST", "path": "/v2/orders", "headers": { "Idempotency-Key": ["k"] },
                "body": content(request),
            },
            "response": { "status": 201, "body": content(response) },
        }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
}

fn api() -> Value {
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/v2/orders": { "post": {
                "parameters": [{ "$ref": "#/components/parameters/Key" }],
                "requestBody": { "content": { "application/json": {
                    "schema": { "$ref": "#/components/schemas/NewOrder" },
                } } },
                "responses": { "201": { "$ref": "#/components/responses/Made" } },
            } },
            "/v2/orders/{id}": { "get": { "responses": { "200": { "$ref": "#/components/responses/Made" } } } },
        },
        "components": {
            "parameters": { "Key": { "name": "Idempotency-Key", "in": "header", "required": true } },
            "responses": { "Made": { "content": { "application/json": { "schema": {
                "type": "object", "required": ["data"],
                "properties": { "data": { "$ref": "#/components/schemas/Order" } },
            } } } } },
            "schemas": {
                "NewOrder": {
                    "type": "object", "required": ["items"],
                    "properties": {
                        "items": { "type": "array", "items": {
                            "type": "object", "required": ["sku"], "properties": { "sku": { "type": "string" } },
                        } },
                        "note": { "type": "string" },
                        "speed": { "type": "string", "enum": ["slow", "fast"] },
                    },
                },
                "Order": {
                    "type": "object", "required": ["id", "total", "lines"],
                    "properties": {
                        "id": { "type": "string" },
                        "total": { "type": "integer" },
                        "status": { "type": "string", "enum": ["pending", "confirmed"] },
                        "lines": { "type": "array", "items": { "type": "object", "properties": {
                            "sku": { "type": "string" }, "part_of": { "$ref": "#/components/schemas/Order" },
                        } } },
                        "address": { "type": "object", "properties": {
                            "street": { "type": "string" }, "town": { "type": "string" },
                        } },
                    },
                },
            },
        },
    })
}

/// The storefront reads total and status; the warehouse only lines.
fn pacts() -> Vec<Value> {
    let request = json!({ "items": [{ "sku": "a" }], "speed": "slow" });
    vec![
        pact(
            "storefront",
            &request,
            &json!({ "data": { "id": "o", "total": 5, "status": "pending" } }),
        ),
        pact(
            "warehouse",
            &request,
            &json!({ "data": { "id": "o", "lines": [{ "sku": "a" }] } }),
        ),
    ]
}

fn state(pacts: &[Value], api: Value) -> Snapshot {
    let found = pacts.iter().map(|json| FoundPact {
        file: "pact.json".to_owned(),
        document: Document::parse("pact.json", json.to_string().as_bytes()).unwrap(),
    });
    Snapshot {
        pacts: found.collect(),
        documents: [("api.json".to_owned(), api)].into(),
    }
}

/// Changes after this part of the document was replaced, or removed.
fn after(path: &str, value: Option<Value>) -> Vec<Change> {
    let mut new = api();
    let (parent, name) = path.rsplit_once('/').unwrap();
    let name = name.replace("~1", "/");
    let parent = new.pointer_mut(parent).unwrap().as_object_mut().unwrap();
    match value {
        Some(value) => drop(parent.insert(name, value)),
        None => drop(parent.remove(&name)),
    }
    let changes = Difference::between(&state(&pacts(), api()), &state(&pacts(), new)).changes;
    // The other operation shows the same order, and no pact calls it.
    changes
        .into_iter()
        .filter(|change| !change.place.starts_with("GET"))
        .collect()
}

/// Fails unless there is this one change, with these effects.
#[track_caller]
fn assert_change(changes: &[Change], what: &str, effects: &[(&str, Effect)]) {
    let [change] = changes else { panic!("{changes:#?}") };
    let seen: Vec<(&str, Effect)> = change
        .consumers
        .iter()
        .map(|(name, concern)| (name.as_str(), concern.effect))
        .collect();
    assert!(change.what == what && seen == effects, "{change:#?}");
}

const ORDER: &str = "/components/schemas/Order/properties";
const NEW_ORDER: &str = "/components/schemas/NewOrder/properties";

#[test]
fn a_field_that_goes_breaks_those_who_read_it_and_nobody_else() {
    let gone = after(&format!("{ORDER}/total"), None);
    assert_change(
        &gone,
        "response 201: /data/total is gone",
        &[("storefront", Effect::Breaks)],
    );
    assert_eq!(gone[0].consumers["storefront"].why, "it is read in 'an order is made'");
    let deep = after(&format!("{ORDER}/lines/items/properties/sku"), None);
    assert_change(
        &deep,
        "response 201: /data/lines/*/sku is gone",
        &[("warehouse", Effect::Breaks)],
    );

    let free = after(&format!("{ORDER}/address"), None);
    assert_change(&free, "response 201: /data/address is gone", &[]);
    assert_eq!(free[0].effect, Effect::LeavesAlone);
}

#[test]
fn a_field_that_comes_leaves_everybody_alone() {
    let new = after(&format!("{ORDER}/weight"), Some(json!({ "type": "integer" })));
    assert_change(&new, "response 201: /data/weight is new", &[]);
}

#[test]
fn another_type_breaks_readers_a_wider_one_warns_and_a_narrower_one_leaves_them_alone() {
    let total = format!("{ORDER}/total");
    let other = after(&total, Some(json!({ "type": "string" })));
    assert_change(
        &other,
        "response 201: /data/total was integer and is string",
        &[("storefront", Effect::Breaks)],
    );
    let wider = after(&total, Some(json!({ "type": ["integer", "null"] })));
    assert_change(
        &wider,
        "response 201: /data/total was integer and is integer or null",
        &[("storefront", Effect::Warns)],
    );

    let mut wide = api();
    *wide.pointer_mut(&total).unwrap() = json!({ "type": ["integer", "null"] });
    let narrower = Difference::between(&state(&pacts(), wide), &state(&pacts(), api())).changes;
    assert!(narrower.iter().all(|change| change.effect == Effect::LeavesAlone) && !narrower.is_empty());
}

#[test]
fn one_more_value_and_a_field_that_may_lack_warn_those_who_read_it() {
    let values = json!({ "type": "string", "enum": ["pending", "confirmed", "lost"] });
    let more = after(&format!("{ORDER}/status"), Some(values));
    assert_change(
        &more,
        "response 201: /data/status can be \"lost\" too",
        &[("storefront", Effect::Warns)],
    );
    let optional = after("/components/schemas/Order/required", Some(json!(["id", "lines"])));
    assert_change(
        &optional,
        "response 201: /data/total is no longer always there",
        &[("storefront", Effect::Warns)],
    );
}

#[test]
fn what_a_request_must_have_breaks_those_who_do_not_send_it() {
    let both = [("storefront", Effect::Breaks), ("warehouse", Effect::Breaks)];
    let required = after("/components/schemas/NewOrder/required", Some(json!(["items", "note"])));
    assert_change(&required, "request: /note is now required", &both);
    let sent = after("/components/schemas/NewOrder/required", Some(json!(["items", "speed"])));
    assert_change(&sent, "request: /speed is now required", &[]);
    let parameter =
        json!([{ "name": "tenant", "in": "query", "required": true }, { "$ref": "#/components/parameters/Key" }]);
    let parameter = after("/paths/~1v2~1orders/post/parameters", Some(parameter));
    assert_change(&parameter, "parameter tenant is now required", &both);
    let key = after("/components/parameters/Key/required", Some(json!(false)));
    assert!(key.is_empty(), "{key:#?}");
}

#[test]
fn a_value_that_may_no_longer_be_sent_breaks_those_who_send_it() {
    let both = [("storefront", Effect::Breaks), ("warehouse", Effect::Breaks)];
    let speed = format!("{NEW_ORDER}/speed/enum");
    assert_change(
        &after(&speed, Some(json!(["fast"]))),
        "request: /speed can no longer be \"slow\"",
        &both,
    );
    assert_change(
        &after(&speed, Some(json!(["slow"]))),
        "request: /speed can no longer be \"fast\"",
        &[],
    );
}

#[test]
fn an_operation_or_a_status_that_goes_breaks_those_who_use_it() {
    let both = [("storefront", Effect::Breaks), ("warehouse", Effect::Breaks)];
    assert_change(&after("/paths/~1v2~1orders", None), "the operation is gone", &both);
    let other = json!({ "200": { "$ref": "#/components/responses/Made" } });
    let changes = after("/paths/~1v2~1orders/post/responses", Some(other));
    assert_change(&changes[..1], "response 201 is gone", &both);
    assert_change(&changes[1..], "response 200 is new", &[]);
}

#[test]
fn what_only_the_pacts_of_before_read_warns_as_their_versions_may_be_live() {
    let mut new = api();
    new.pointer_mut(ORDER).unwrap().as_object_mut().unwrap().remove("total");
    let mut later = pacts();
    later[0]
        .pointer_mut("/interactions/0/response/body/content/data")
        .unwrap()
        .as_object_mut()
        .unwrap()
        .remove("total");
    let changes = Difference::between(&state(&pacts(), api()), &state(&later, new)).changes;
    let gone = changes.iter().find(|change| change.place == "POST /v2/orders").unwrap();
    assert_eq!(gone.effect, Effect::Warns);
    assert_eq!(
        gone.consumers["storefront"].why,
        "it is read in 'an order is made', as its pact was before"
    );
}

#[test]
fn the_difference_is_shown_like_this() {
    let mut new = api();
    let order = new.pointer_mut(ORDER).unwrap().as_object_mut().unwrap();
    let total = order.remove("total").unwrap();
    order.insert("sum".to_owned(), total);
    order.insert(
        "status".to_owned(),
        json!({ "type": "string", "enum": ["pending", "confirmed", "lost"] }),
    );
    let mut later = pacts();
    later[1]["interactions"][0]["response"]["status"] = json!(200);
    later[1]["interactions"][0]["response"]["body"]["content"]["data"] = json!({ "lines": [] });
    let audit = json!({
        "consumer": { "name": "audit" }, "provider": { "name": "orders" },
        "interactions": [{
            "type": "Asynchronous/Messages", "description": "an order was made", "contents": { "content": {} },
        }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    });
    let difference = Difference::between(&state(&pacts(), api()), &state(&[later, vec![audit]].concat(), new));
    golden("diff/changes.txt", &difference.text());
    golden("diff/changes.json", &format!("{:#}\n", json!(difference)));
    assert!(difference.breaks_somebody());

    let same = Difference::between(&state(&pacts(), api()), &state(&pacts(), api()));
    assert_eq!(same.text(), "nothing changed in pacts and API documents\n");
    let fewer = Difference::between(&state(&pacts(), api()), &state(&pacts()[1..], api()));
    assert!(fewer.text().contains(
        "pact of storefront with orders: gone: 'an order is made' where there is stock\n    leaves alone storefront: "
    ));
}

/// A pact of this version in which orders are searched, with the query as that version writes it.
fn search(version: &str, query: &Value) -> Value {
    json!({
        "consumer": { "name": "audit" }, "provider": { "name": "orders" },
        "interactions": [{
            "description": "orders are searched",
            "request": { "method": "GET", "path": "/v2/orders", "query": query },
            "response": { "status": 200 },
        }],
        "metadata": { "pactSpecification": { "version": version } },
    })
}

#[test]
fn a_parameter_that_is_sent_is_seen_in_the_query_of_version_2_which_is_text_as_in_that_of_version_3() {
    let list = |parameters: &Value| {
        let get = json!({ "parameters": parameters, "responses": { "200": {} } });
        json!({ "openapi": "3.1.0", "paths": { "/v2/orders": { "get": get } } })
    };
    let required = |name: &str| json!([{ "name": name, "in": "query", "required": true }]);
    let effect = |pact: &Value, name: &str| {
        let pacts = [pact.clone()];
        let (old, new) = (state(&pacts, list(&json!([]))), state(&pacts, list(&required(name))));
        let changes = Difference::between(&old, &new).changes;
        assert_eq!(changes.len(), 1, "{changes:?}");
        changes[0].consumers.get("audit").map(|concern| concern.effect)
    };
    for pact in [
        search("2.0.0", &json!("page=2&placed%20by=a%26b&Open")),
        search("3.0.0", &json!({ "page": ["2"], "placed by": ["a&b"], "Open": [""] })),
    ] {
        for sent in ["page", "placed by", "open"] {
            assert_eq!(effect(&pact, sent), None, "{sent} in {pact}");
        }
        assert_eq!(effect(&pact, "b"), Some(Effect::Breaks), "{pact}");
    }
}
