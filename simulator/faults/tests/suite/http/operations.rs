//! Requests that are chosen by the operations of an OpenAPI document.

use std::sync::Arc;

use faults::{Effect, Faults, LayError, Operations, Requests, ViolateSchema, Which};
use serde_json::{Value, json};

use super::fixture::{ANSWERED, Web, answer, ask, get, on_requests, post, reply};

fn described(document: Value) -> Faults {
    Faults::described(3, "web", Arc::new(Operations::read(document).unwrap()))
}

fn named(operation: &str) -> Requests {
    Requests {
        operation: Some(operation.to_owned()),
        ..Requests::default()
    }
}

fn document(servers: &Value) -> Value {
    json!({ "openapi": "3.1.0", "servers": servers, "paths": {
        "/orders/{id}": {
            "get": { "operationId": "get_order", "responses": {} },
            "delete": { "operationId": "drop_order", "responses": {} },
        },
        "/orders/{id}.json": { "get": { "operationId": "get_json", "responses": {} } },
        "/orders/mine": { "get": { "operationId": "get_mine", "responses": {} } },
        "/orders": { "post": { "operationId": "create_order", "responses": {} } },
        "/{any}/mine": { "get": { "operationId": "get_any", "responses": {} }, "put": { "responses": {} } },
    } })
}

#[tokio::test]
async fn an_operation_is_its_method_and_the_most_specific_path_that_fits() {
    let cases = [
        ("get_order", "GET /orders/7", true),
        ("get_order", "GET /orders/7?a=b", true),
        ("get_order", "GET /orders/mine", false),
        ("get_order", "GET /orders/", false),
        ("get_order", "DELETE /orders/7", false),
        // The most specific path has no such method.
        ("drop_order", "DELETE /orders/mine", false),
        ("get_order", "GET /orders/7.json", false),
        ("get_json", "GET /orders/7.json", true),
        ("get_mine", "GET /orders/mine", true),
        ("get_any", "GET /orders/mine", false),
        ("get_any", "GET /others/mine", true),
        ("create_order", "POST /orders", true),
        ("create_order", "POST /orders/mine", false),
    ];
    for (operation, line, fits) in cases {
        let web = Web::with(described(document(&json!([]))), reply).await;
        web.lay("unavailable", named(operation), answer(503));
        let wanted = if fits { ANSWERED.to_owned() } else { reply(line) };
        let request = format!("{line} HTTP/1.1\r\n\r\n");
        ask(&mut web.connect().await, &request, &wanted).await;
        assert_eq!(web.tally("unavailable").met, u64::from(fits), "{operation}: {line}");
    }
}

#[tokio::test]
async fn the_path_of_the_first_server_stands_before_all_others() {
    let servers = [
        (
            json!([{ "url": "http://host:80/api/" }, { "url": "/else" }]),
            "/api/orders",
        ),
        (json!([{ "url": "/api" }]), "/api/orders"),
        (json!([{ "url": "https://host" }]), "/orders"),
        (json!([{ "url": "https://{host}/{base}" }]), "/orders"),
    ];
    for (servers, path) in servers {
        let web = Web::with(described(document(&servers)), reply).await;
        let requests = Requests {
            requests: Which::First(1),
            ..named("create_order")
        };
        web.lay("unavailable", requests, answer(503));
        let mut client = web.connect().await;
        ask(&mut client, &post("/x/orders", ""), &reply("POST /x/orders")).await;
        ask(&mut client, &post(path, ""), ANSWERED).await;
        ask(&mut client, &post(path, ""), &reply(&format!("POST {path}"))).await;
    }
}

#[tokio::test]
async fn extensions_among_the_paths_are_passed_over_and_references_of_paths_are_followed() {
    for (servers, base) in [(json!([]), ""), (json!([{ "url": "/api" }]), "/api")] {
        let one = json!({ "get": { "operationId": "get_order", "responses": {} } });
        let document = json!({
            "openapi": "3.1.0",
            "servers": servers,
            "components": { "pathItems": { "One": one } },
            "paths": {
                "x-notes": { "get": { "operationId": "note" } },
                "/orders/{id}": { "$ref": "#/components/pathItems/One" },
                "/else": { "$ref": "other.json" },
            },
        });
        let operations = Operations::read(document).unwrap();
        assert_eq!(operations.names(), ["get_order"]);
        let web = Web::with(Faults::described(3, "web", Arc::new(operations)), reply).await;
        web.lay("unavailable", named("get_order"), answer(503));
        ask(&mut web.connect().await, &get(&format!("{base}/orders/7")), ANSWERED).await;
    }
}

#[tokio::test]
async fn an_operation_that_no_document_has_is_refused_with_those_that_there_are() {
    let faults = described(document(&json!(null)));
    let good = || on_requests("good", named("get_order"), answer(503));
    let wrong = || on_requests("wrong", named("get_odrer"), answer(503));
    let error = faults.lay_all(vec![good(), wrong()]).unwrap_err();
    assert_eq!(
        error.to_string(),
        "fault `wrong`: `on.http.operation` is \"get_odrer\", wanted one of [\"create_order\", \"drop_order\", \
         \"get_any\", \"get_json\", \"get_mine\", \"get_order\"]"
    );
    assert_eq!(faults.list(), []);
    faults
        .lay(on_requests("wrong", Requests::default(), answer(503)))
        .unwrap();
    assert_eq!(faults.change(wrong()).unwrap_err(), error);
    assert_eq!(faults.list()[0].on().http, Some(Requests::default()));

    let bare = Faults::new(3, "web");
    let violation = on_requests("wrong", Requests::default(), Effect::ViolateSchema(ViolateSchema {}));
    for fault in [wrong(), violation] {
        let error = bare.lay(fault).unwrap_err();
        assert_eq!(
            error,
            LayError::Undescribed {
                name: "wrong".to_owned()
            }
        );
        assert!(
            error.to_string().contains("needs the OpenAPI document of the upstream"),
            "{error}"
        );
    }
    // What needs no document is laid without one.
    bare.lay(on_requests("other", Requests::default(), answer(503)))
        .unwrap();
    let web = Web::with(bare, reply).await;
    ask(&mut web.connect().await, &get("/"), ANSWERED).await;
}

#[test]
fn what_is_no_document_is_refused_with_the_reason() {
    let twice = json!({ "get": { "operationId": "a" }, "put": { "operationId": "a" } });
    let cases = [
        (json!([]), "`openapi` is null, wanted a version such as \"3.1.0\""),
        (json!({ "swagger": "2.0", "paths": {} }), "`openapi` is null"),
        (json!({ "openapi": "3.0.3" }), "`paths` is null, wanted an object"),
        (json!({ "openapi": "3.0.3", "paths": {} }), "it describes no operation"),
        (
            json!({ "openapi": "3.0.3", "paths": { "/a": twice } }),
            "two operations have the operationId \"a\"",
        ),
        (
            json!({ "openapi": "3.0.3", "paths": { "/a{": { "get": {} } } }),
            "the path \"/a{\" is no template",
        ),
        (
            json!({ "openapi": "3.0.3", "servers": [{ "url": "/b" }], "paths": { "a": { "get": {} } } }),
            "the path \"a\" is no template",
        ),
    ];
    for (document, wanted) in cases {
        let error = Operations::read(document).unwrap_err().to_string();
        assert!(
            error.starts_with("it is no OpenAPI document") && error.contains(wanted),
            "{error}"
        );
    }
}
