//! Changes of API documents that can break a consumer, one by one. The list is that of `contracts/ledger/DIFF.md`.

use ledger::{
    diff::{
        Difference,
        Effect::{self, Breaks, LeavesAlone, Warns},
        Snapshot,
    },
    document::Document,
    source::FoundPact,
};
use serde_json::{Value, json};

/// Consumer that reads item 7 and sends a body with it.
fn pact() -> Value {
    json!({
        "consumer": { "name": "c" }, "provider": { "name": "p" },
        "interactions": [{
            "type": "Synchronous/HTTP", "description": "an item is changed",
            "request": {
                "method": "PUT", "path": "/items/7", "query": { "page": ["2"] }, "headers": { "X-Tenant": ["blue"] },
                "body": { "content": { "name": "bolt", "size": 12, "note": null, "tags": ["a", "a"], "more": {} } },
            },
            "response": {
                "status": 200, "headers": { "ETag": ["1"] },
                "body": { "content": { "name": "bolt", "size": 12, "secret": "s", "kind": "x" } },
            },
        }],
        "metadata": { "pactSpecification": { "version": "4.0" } },
    })
}

fn api() -> Value {
    json!({
        "openapi": "3.0.0",
        "paths": { "/items/{id}": {
            "parameters": [{ "name": "id", "in": "path", "required": true, "schema": { "type": "integer" } }],
            "put": {
                "parameters": [
                    { "name": "page", "in": "query", "schema": { "type": "integer", "maximum": 9 } },
                    { "name": "X-Tenant", "in": "header", "schema": { "type": "string" } },
                ],
                "requestBody": { "content": { "application/json": { "schema": {
                    "type": "object",
                    "properties": {
                        "name": { "type": "string", "maxLength": 9 },
                        "size": { "type": "integer" },
                        "note": { "type": "string", "nullable": true },
                        "tags": { "type": "array", "items": { "type": "string" } },
                        "more": { "type": "object" },
                    },
                } } } },
                "responses": { "200": {
                    "headers": { "ETag": { "required": true, "schema": { "type": "string" } } },
                    "content": { "application/json": { "schema": {
                        "type": "object",
                        "properties": {
                            "name": { "type": "string", "maxLength": 9 },
                            "size": { "type": "integer" },
                            "secret": { "type": "string" },
                            "kind": { "type": "string", "enum": ["x"] },
                        },
                    } } },
                } },
            },
        } },
    })
}

/// Worst effect on the consumer, and what changed, after this part of the document was replaced or removed (null).
fn after(path: &str, value: Value) -> (Option<Effect>, String) {
    between(path, value, false)
}

fn between(path: &str, value: Value, is_backwards: bool) -> (Option<Effect>, String) {
    seen_by(&pact(), path, value, is_backwards)
}

fn seen_by(pact: &Value, path: &str, value: Value, is_backwards: bool) -> (Option<Effect>, String) {
    let mut new = api();
    let (parent, name) = path.rsplit_once('/').unwrap();
    match new.pointer_mut(parent).unwrap() {
        Value::Array(items) => items.push(value),
        Value::Object(fields) if value.is_null() => drop(fields.remove(name)),
        Value::Object(fields) => drop(fields.insert(name.to_owned(), value)),
        other => panic!("{other} at {parent}"),
    }
    let state = |api: Value| Snapshot {
        pacts: vec![FoundPact {
            file: "p.json".to_owned(),
            document: Document::parse("p.json", pact.to_string().as_bytes()).unwrap(),
        }],
        documents: [("api.json".to_owned(), api)].into(),
    };
    let (old, new) = if is_backwards { (new, api()) } else { (api(), new) };
    let difference = Difference::between(&state(old), &state(new));
    let effects = difference.changes.iter().flat_map(|change| change.consumers.values());
    (effects.map(|concern| concern.effect).min(), difference.text())
}

#[track_caller]
fn assert_all(cases: &[(&str, Value, Effect, &str)]) {
    for (path, value, effect, words) in cases {
        let (seen, text) = after(path, value.clone());
        assert!(
            seen == Some(*effect) && text.contains(words),
            "{path} {value}: {seen:?}\n{text}"
        );
    }
}

const ITEM: &str = "/paths/~1items~1{id}";

fn in_item(path: &str) -> String {
    format!("{ITEM}{path}")
}

fn sent(path: &str) -> String {
    in_item(&format!("/put/requestBody/content/application~1json/schema{path}"))
}

fn got(path: &str) -> String {
    in_item(&format!("/put/responses/200/content/application~1json/schema{path}"))
}

#[test]
fn parameters_of_the_path_item_count_and_those_of_the_operation_hide_them() {
    let query = json!({ "name": "q", "in": "query", "required": true, "schema": { "type": "string" } });
    let uuid = json!({ "type": "string", "format": "uuid" });
    assert_all(&[
        (
            &in_item("/parameters/-"),
            query.clone(),
            Breaks,
            "parameter q is now required",
        ),
        (
            &in_item("/put/parameters/-"),
            query,
            Breaks,
            "parameter q is now required",
        ),
        (
            &in_item("/parameters/0/schema"),
            uuid,
            Breaks,
            "parameter id: format is \"uuid\" now",
        ),
        (
            &in_item("/put/parameters/-"),
            json!({ "name": "id", "in": "path", "required": true, "schema": { "type": "boolean" } }),
            Breaks,
            "parameter id was integer and is boolean",
        ),
    ]);
    let required = json!({ "name": "x-tenant", "in": "header", "required": true, "schema": { "type": "string" } });
    let (effect, text) = after(&in_item("/put/parameters/-"), required);
    assert!(
        effect.is_none() && text.contains("parameter x-tenant is now required"),
        "{text}"
    );
}

#[test]
fn types_values_and_limits_of_parameters_break_those_who_send_what_they_refuse() {
    let page = in_item("/put/parameters/0/schema");
    assert_all(&[
        (
            &page,
            json!({ "type": "boolean" }),
            Breaks,
            "parameter page was integer and is boolean",
        ),
        (
            &page,
            json!({ "type": "number", "maximum": 9 }),
            LeavesAlone,
            "parameter page was integer and is number",
        ),
        (
            &page,
            json!({ "type": "integer", "maximum": 1 }),
            Breaks,
            "parameter page: maximum was 9 and is 1",
        ),
        (
            &page,
            json!({ "type": "integer", "maximum": 5 }),
            Warns,
            "parameter page: maximum was 9 and is 5",
        ),
        (
            &page,
            json!({ "type": "integer", "maximum": 9, "enum": [1, 3] }),
            Breaks,
            "parameter page can be 1 or 3",
        ),
    ]);
    let looser = after(&page, json!({ "type": "integer" }));
    assert!(
        looser.0.is_none() && looser.1.contains("maximum is no longer 9"),
        "{}",
        looser.1
    );
}

#[test]
fn texts_lists_of_values_and_the_spelling_of_parameters_are_compared_too() {
    let tenant = in_item("/put/parameters/1/schema");
    assert_all(&[
        (
            &tenant,
            json!({ "type": "string", "enum": ["red"] }),
            Breaks,
            "parameter X-Tenant can be \"red\"",
        ),
        (
            &tenant,
            json!({ "type": "integer" }),
            Breaks,
            "parameter X-Tenant was string and is integer",
        ),
        (
            &tenant,
            json!({ "type": "string", "pattern": "^r" }),
            Warns,
            "parameter X-Tenant: pattern is",
        ),
        (
            &tenant,
            json!({ "type": "string", "minLength": 5 }),
            Breaks,
            "parameter X-Tenant: minLength is 5 now",
        ),
        (
            &in_item("/put/parameters/0/explode"),
            json!(false),
            Warns,
            "parameter page is written in another way",
        ),
        (&in_item("/put/parameters"), json!([]), Warns, "parameter page is gone"),
    ]);
}

#[test]
fn requests_that_the_new_schema_refuses_break() {
    assert_all(&[
        (
            &sent("/properties/note"),
            json!({ "type": "string" }),
            Breaks,
            "/note was null or string and is string",
        ),
        (
            &sent("/properties/size"),
            json!({ "type": "number" }),
            LeavesAlone,
            "/size was integer and is number",
        ),
        (
            &sent("/properties/name/maxLength"),
            json!(3),
            Breaks,
            "/name maxLength was 9 and is 3",
        ),
        (
            &sent("/properties/name/maxLength"),
            json!(5),
            Warns,
            "/name maxLength was 9 and is 5",
        ),
        (
            &sent("/properties/name/const"),
            json!("nut"),
            Breaks,
            "/name can only be \"nut\"",
        ),
        (
            &sent("/properties/tags/uniqueItems"),
            json!(true),
            Breaks,
            "/tags uniqueItems is true now",
        ),
        (
            &sent("/properties/tags/maxItems"),
            json!(1),
            Breaks,
            "/tags maxItems is 1 now",
        ),
        (
            &sent("/properties/more/minProperties"),
            json!(1),
            Breaks,
            "/more minProperties is 1 now",
        ),
    ]);
}

#[test]
fn requests_that_lose_fields_types_or_free_entry_are_judged_by_what_is_sent() {
    assert_all(&[
        (&sent("/properties/more"), Value::Null, Warns, "/more is gone"),
        (
            &sent("/properties/size/exclusiveMinimum"),
            json!(12),
            Breaks,
            "/size exclusiveMinimum is 12 now",
        ),
        (&sent("/properties/size/readOnly"), json!(true), Warns, "/size is gone"),
        (
            &in_item("/put/security"),
            json!([{ "key": [] }]),
            Warns,
            "the security requirements changed",
        ),
        (
            &in_item("/put/requestBody/content"),
            json!({ "text/csv": {} }),
            Breaks,
            "request: application/json is gone",
        ),
        (
            &in_item("/put/requestBody"),
            Value::Null,
            Warns,
            "request: application/json is gone",
        ),
    ]);
    let closed =
        json!({ "type": "object", "additionalProperties": false, "properties": { "name": { "type": "string" } } });
    assert_all(&[(&sent(""), closed, Breaks, "request: /size is gone")]);
    let (effect, text) = after(&in_item("/put/requestBody/required"), json!(true));
    assert!(
        effect.is_none() && text.contains("a body is now required"),
        "it is sent: {text}"
    );
}

#[test]
fn responses_that_may_say_more_than_before_warn_and_those_that_say_less_break() {
    let nullable = json!({ "type": "integer", "nullable": true });
    assert_all(&[
        (
            &got("/properties/size"),
            nullable,
            Warns,
            "/size was integer and is integer or null",
        ),
        (
            &got("/properties/name/maxLength"),
            json!(20),
            Warns,
            "/name maxLength was 9 and is 20",
        ),
        (
            &got("/properties/name/maxLength"),
            json!(2),
            LeavesAlone,
            "/name maxLength was 9 and is 2",
        ),
        (
            &got("/properties/kind/enum"),
            Value::Null,
            Warns,
            "/kind can be anything",
        ),
        (
            &got("/properties/secret/writeOnly"),
            json!(true),
            Breaks,
            "/secret is gone",
        ),
        (
            &in_item("/put/responses/200/headers"),
            json!({}),
            Breaks,
            "header ETag is gone",
        ),
        (
            &in_item("/put/responses/200/headers/ETag/required"),
            json!(false),
            Warns,
            "header ETag is no longer always",
        ),
        (
            &in_item("/put/responses/200/content"),
            json!({ "text/csv": {} }),
            Breaks,
            "response 200: application/json is gone",
        ),
    ]);
    let (effect, text) = between(&got("/properties/size/nullable"), json!(true), true);
    assert!(
        effect == Some(LeavesAlone) && text.contains("/size was integer or null and is integer"),
        "{text}"
    );
}

#[test]
fn a_consumer_that_expects_to_be_refused_is_not_broken_by_what_refuses_it() {
    let changes = [
        (in_item("/parameters/0/schema/minimum"), json!(8)),
        (in_item("/parameters/0/schema/type"), json!("boolean")),
        (in_item("/parameters/0/schema/enum"), json!([8])),
        (sent("/properties/size/minimum"), json!(13)),
        (sent("/properties/size/enum"), json!([13])),
        (sent("/properties/size/type"), json!("string")),
    ];
    for (path, value) in changes {
        for (status, wanted) in [(200, Breaks), (404, Breaks), (400, LeavesAlone), (422, LeavesAlone)] {
            let mut pact = pact();
            pact["interactions"][0]["response"]["status"] = json!(status);
            let (seen, text) = seen_by(&pact, &path, value.clone(), false);
            assert_eq!(
                seen,
                Some(wanted),
                "{path} {value} for one who expects {status}:\n{text}"
            );
        }
    }
}
