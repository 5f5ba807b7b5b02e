//! Replies that break the schema of the service's document.

use std::{collections::BTreeSet, sync::Arc};

use faults::{CorruptBody, DropReply, Effect, Faults, Operations, Outcome, Requests, ViolateSchema};
use serde_json::{Value, json};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::timeout,
};

use super::fixture::{Web, ask, ask_to_end, get};
use crate::fixture::LIMIT;

/// A valid answer to `GET /orders/1`, with spaces and numbers that no printer would leave as they are.
const ORDER: &str = "{ \"id\" :\"o1\", \"status\":\"open\",\t\"total\": 1.50e1, \"note\": null, \
                     \"carrier\" : \"post\",\n\
                     \"lines\": [ { \"sku\":\"a\" , \"gift\": false }, {\"sku\": \"b\"} ] , \"extra\":1.0 }";

fn document() -> Value {
    let json = |schema: Value| json!({ "content": { "application/json; charset=utf-8": { "schema": schema } } });
    let get = |schema: Value| json!({ "get": { "responses": { "200": json(schema) } } });
    json!({
        "openapi": "3.1.0",
        "paths": {
            "/orders/{id}": { "get": { "responses": {
                "200": { "$ref": "#/components/responses/Order" },
                "4XX": json(json!({ "type": "object", "required": ["error"] })),
                "503": { "content": { "text/plain": {} } },
            } } },
            "/any": get(json!({ "anyOf": [{ "required": ["a"] }, { "required": ["b"] }] })),
            // Without `a`, the second one holds.
            "/other": get(json!({ "oneOf": [
                { "required": ["a"] },
                { "required": ["b"], "properties": { "a": { "type": "string" } } },
            ] })),
            "/free": get(json!({ "description": "anything" })),
            "/old": { "$ref": "#/components/pathItems/Old" },
        },
        "components": {
            "pathItems": { "Old": get(json!({ "type": "string", "nullable": true })) },
            "responses": { "Order": json(json!({ "$ref": "#/components/schemas/Order" })) },
            "schemas": {
                "Order": { "allOf": [
                    { "type": "object", "required": ["id", "status", "missing"], "properties": {
                        "id": { "type": "string", "minLength": 1 },
                        "status": { "type": "string", "enum": ["open", "closed"] },
                    } },
                    { "required": ["total"], "properties": {
                        "total": { "type": "integer" },
                        "note": { "type": ["string", "null"] },
                        "carrier": { "oneOf": [{ "type": "null" }, { "$ref": "#/components/schemas/Carrier" }] },
                        "lines": { "type": "array", "items": { "$ref": "#/components/schemas/Line" } },
                    } },
                ] },
                "Carrier": { "enum": ["post", "pigeon"] },
                "Line": { "type": "object", "required": ["sku"], "properties": {
                    "sku": { "type": "string" }, "gift": { "type": "boolean" },
                } },
            },
        },
    })
}

/// What is wrong with an order, by a check that knows this one schema and no other.
fn problems(order: &Value) -> Vec<String> {
    let mut found = Vec::new();
    let Some(members) = order.as_object() else {
        found.push(format!("order is {}", kind(order)));
        return found;
    };
    let mut check = |name: &str, value: Option<&Value>, required: bool, fits: &dyn Fn(&Value) -> bool| match value {
        None if required => found.push(format!("{name} is missing")),
        Some(value) if !fits(value) => found.push(format!("{name} is {}", kind(value))),
        _ => {}
    };
    let one_of = |value: &Value, texts: [&str; 2]| texts.iter().any(|text| value == text);
    check("id", members.get("id"), true, &Value::is_string);
    check("status", members.get("status"), true, &|value| {
        one_of(value, ["open", "closed"])
    });
    check("total", members.get("total"), true, &Value::is_number);
    check("note", members.get("note"), false, &|value| {
        value.is_null() || value.is_string()
    });
    check("carrier", members.get("carrier"), false, &|value| {
        value.is_null() || one_of(value, ["post", "pigeon"])
    });
    check("lines", members.get("lines"), false, &Value::is_array);
    for line in members.get("lines").and_then(Value::as_array).into_iter().flatten() {
        check("line", Some(line), true, &Value::is_object);
        if line.is_object() {
            check("sku", line.get("sku"), true, &Value::is_string);
            check("gift", line.get("gift"), false, &Value::is_boolean);
        }
    }
    found
}

fn kind(value: &Value) -> String {
    match value {
        Value::Null => "null".to_owned(),
        Value::String(text) if text.starts_with("violated") => "none of its values".to_owned(),
        _ => "of another type".to_owned(),
    }
}

/// Answers with the status and content that the query names.
fn answers(line: &str) -> String {
    let (path, query) = line.split_once('?').unwrap_or((line, "200"));
    let order = ORDER.replace("\"extra\"", "\"missing\":1,\"extra\"");
    let content = match path {
        "GET /any" | "GET /other" => "{\"a\":1,\"b\":2}",
        "GET /free" | "GET /unknown" => "{\"a\":1}",
        "GET /old" => "null",
        "GET /orders/broken" => "{\"id\":1}",
        "GET /orders/404" => "{\"error\":{}}",
        _ => order.as_str(),
    };
    let length = content.len();
    format!(
        "HTTP/1.1 {query} OK\r\ncontent-type: application/problem+json\r\ncontent-length: {length}\r\n\r\n{content}"
    )
}

async fn shop() -> Web {
    let operations = Arc::new(Operations::read(document()).unwrap());
    let web = Web::with(Faults::described(3, "web", operations), answers).await;
    web.lay("wrong", Requests::default(), Effect::ViolateSchema(ViolateSchema {}));
    web
}

#[tokio::test]
async fn exactly_one_constraint_of_the_schema_is_broken_each_time_as_the_seed_says() {
    let mut before = None;
    for _ in 0..2 {
        let web = shop().await;
        let mut client = web.connect().await;
        let mut contents = Vec::new();
        for _ in 0..200 {
            client.write_all(get("/orders/1").as_bytes()).await.unwrap();
            let mut buffer = [0; 4096];
            // One piece, since the proxy holds the reply until it is whole.
            let length = timeout(LIMIT, client.read(&mut buffer)).await.unwrap().unwrap();
            let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
            let (head, content) = text.split_once("\r\n\r\n").unwrap();
            assert!(head.ends_with(&format!("content-length: {}", content.len())), "{text}");
            contents.push(content.to_owned());
        }
        let found = contents.iter().map(|content| {
            let order: Value = serde_json::from_str(content).unwrap();
            let mut problems = problems(&order);
            if order.is_object() && order.get("missing").is_none() {
                problems.push("missing is missing".to_owned());
            }
            assert_eq!(problems.len(), 1, "{content}: {problems:?}");
            problems.remove(0)
        });
        let found: BTreeSet<String> = found.collect();
        let wanted = [
            "carrier is none of its values",
            "gift is null",
            "gift is of another type",
            "id is missing",
            "id is null",
            "id is of another type",
            "line is null",
            "line is of another type",
            "lines is null",
            "lines is of another type",
            "missing is missing",
            "note is of another type",
            "order is null",
            "order is of another type",
            "sku is missing",
            "sku is null",
            "sku is of another type",
            "status is missing",
            "status is none of its values",
            "total is missing",
            "total is null",
            "total is of another type",
        ];
        assert_eq!(found, wanted.map(str::to_owned).into());
        assert_eq!(web.tally("wrong").fired, 200);
        // What is not broken keeps its bytes.
        let kept = |content: &&String| content.contains("\"total\": 1.50e1, ") && content.contains("\"extra\":1.0 }");
        assert!(contents.iter().filter(kept).count() > 50);
        assert_eq!(*before.get_or_insert_with(|| contents.clone()), contents);

        web.proxy.faults().lift_all();
        ask(&mut client, &get("/orders/1"), &answers("GET /orders/1")).await;
    }
}

#[tokio::test]
async fn a_reply_that_cannot_be_broken_passes_unchanged_and_is_recorded_with_the_reason() {
    let web = shop().await;
    let mut client = web.connect().await;
    let cases = [
        ("/any", "no constraint that the reply can break alone"),
        ("/other", "no constraint that the reply can break alone"),
        ("/free", "no constraint that the reply can break alone"),
        ("/unknown", "no JSON schema for this reply"),
        ("/orders/1?503", "no JSON schema for this reply"),
        ("/orders/1?201", "no JSON schema for this reply"),
        ("/orders/broken", "breaks its schema already"),
    ];
    for (path, reason) in cases {
        ask(&mut client, &get(path), &answers(&format!("GET {path}"))).await;
        let record = web.proxy.faults().record();
        let last = &record.decisions.back().unwrap().outcome;
        assert!(
            matches!(last, Outcome::Unfit { why } if why.contains(reason)),
            "{path}: {last:?}"
        );
    }
    let tally = web.tally("wrong");
    assert_eq!((tally.met, tally.fired, tally.unfit), (7, 0, 7));
}

#[tokio::test]
async fn a_class_of_statuses_has_its_schema_and_null_of_version_3_0_is_allowed() {
    let web = shop().await;
    let mut client = web.connect().await;
    // The schema of 404 wants an object with `error`.
    let wrong = ["[]", "null", "{}", "\"7\""];
    client.write_all(get("/orders/404?404").as_bytes()).await.unwrap();
    let mut buffer = [0; 4096];
    let length = timeout(LIMIT, client.read(&mut buffer)).await.unwrap().unwrap();
    let text = String::from_utf8(buffer[..length].to_vec()).unwrap();
    assert!(
        wrong.iter().any(|wrong| text.ends_with(&format!("\r\n\r\n{wrong}"))),
        "{text}"
    );
    // Neither text nor null is wrong here.
    let head = answers("GET /old").replace("length: 4", "length: 1");
    ask(&mut client, &get("/old"), &head.replace("null", "7")).await;
}

#[tokio::test]
async fn a_violation_is_masked_by_what_takes_the_reply_away_and_comes_before_what_corrupts_it() {
    let web = shop().await;
    web.lay(
        "garbled",
        Requests::default(),
        Effect::CorruptBody(CorruptBody { every: 1 }),
    );
    let head = answers("GET /old")
        .replace("length: 4", "length: 1")
        .replace("null", "");
    let came = {
        let mut client = web.connect().await;
        client.write_all(get("/old").as_bytes()).await.unwrap();
        crate::fixture::read(&mut client, head.len() + 1).await
    };
    assert!(came.starts_with(head.as_bytes()) && came.last() != Some(&b'7'));
    web.lay("silence", Requests::default(), Effect::DropReply(DropReply {}));
    assert_eq!(ask_to_end(&mut web.connect().await, &get("/old")).await, "");
    let tally = web.tally("wrong");
    assert_eq!((tally.fired, tally.masked), (1, 1));
}
