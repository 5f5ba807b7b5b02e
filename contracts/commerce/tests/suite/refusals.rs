//! Requests that are refused before any implementation is called, and the text of the refusals.

use axum::Router;
use commerce::{Inventory, Orders, http};

use crate::{
    recorded::Recorded,
    requests::{Reply, ask},
    samples::order_id,
};

const JSON: (&str, &str) = ("content-type", "application/json");
const KEY: (&str, &str) = ("idempotency-key", "k");
const ORDER: &str = r#"{"customer_id":"ada","contact":{"email":"ada@example.org"},"payment_method":"tok_ok",
    "items":[{"sku":"TEA","quantity":1}]}"#;

async fn create(headers: &[(&str, &str)], body: impl Into<axum::body::Body>) -> Reply {
    refused("POST /v2/orders", headers, body).await
}

/// The reply to a request that must not reach the implementation.
async fn refused(request: &str, headers: &[(&str, &str)], body: impl Into<axum::body::Body>) -> Reply {
    let orders = Recorded::<dyn Orders>::new();
    let router = http::orders::router(orders.service()).fallback(http::fallback);
    let reply = ask(&router, request, headers, body).await;
    assert!(orders.heard().is_empty(), "{request} was let through");
    reply
}

/// Field and wanted values in the details of an `INVALID_INPUT`.
fn said(reply: &Reply) -> (String, String, String) {
    assert_eq!((reply.status, reply.code().as_str()), (400, "INVALID_INPUT"));
    let details = reply.json()["error"]["details"].clone();
    let text = |name: &str| details[name].as_str().unwrap().to_owned();
    (text("field"), text("value"), text("wanted"))
}

/// Requests an order with `old` replaced by `new`, and expects this refusal.
async fn mistaken(old: &str, new: &str, (field, value, wanted): (&str, &str, &str)) {
    assert!(ORDER.contains(old));
    let reply = create(&[JSON, KEY], ORDER.replace(old, new)).await;
    let expected = (field.to_owned(), value.to_owned(), wanted.to_owned());
    assert_eq!(said(&reply), expected, "{new} for {old}");
}

#[tokio::test]
async fn an_item_of_another_form_is_refused_by_its_path() {
    let item = r#"{"sku":"TEA","quantity":1}"#;
    let (quantity, whole) = ("items[0].quantity", "a whole number of 64 bits");
    let cases = [
        (r#"{"sku":"TEA","quantity":"1"}"#, (quantity, "1", whole)),
        (r#"{"sku":"TEA","quantity":1.5}"#, (quantity, "1.5", whole)),
        (
            r#"{"sku":"TEA","quantity":99999999999999999999}"#,
            (quantity, "99999999999999999999", whole),
        ),
        // A float would read it as its neighbour.
        (
            r#"{"sku":"TEA","quantity":9007199254740993.0}"#,
            (quantity, "9007199254740993.0", whole),
        ),
        (r#"{"sku":"TEA","quantity":null}"#, (quantity, "null", whole)),
        (r#"{"sku":"TEA"}"#, (quantity, "absent", "a value")),
        (
            r#"{"sku":"a b","quantity":1}"#,
            ("items[0].sku", "a b", "1 to 64 visible ASCII characters"),
        ),
        (
            r#"{"sku":"T","quantity":1,"price":1}"#,
            ("items[0].price", "1", "no such field; known: `sku` or `quantity`"),
        ),
        (
            r#"{"sku":"TEA","sku":"TEA","quantity":1}"#,
            ("items[0].sku", "given twice", "one value"),
        ),
        ("7", ("items[0]", "7", "an object")),
    ];
    for (wrong, refusal) in cases {
        mistaken(item, wrong, refusal).await;
    }
    mistaken(&format!("[{item}]"), "{}", ("items", "an object", "an array")).await;
}

#[tokio::test]
async fn a_field_of_another_form_is_refused_and_personal_data_not_repeated() {
    let hidden = "(not shown)";
    mistaken("\"ada@example.org\"", "7", ("contact.email", hidden, "a string")).await;
    mistaken("\"tok_ok\"", "[4242]", ("payment_method", hidden, "a string")).await;
    mistaken("\"customer_id\":\"ada\",", "", ("customer_id", "absent", "a value")).await;
    let known = "no such field; known: `customer_id`, `contact`, `payment_method`, `items`";
    mistaken("\"customer_id\"", "\"key\":\"k\",\"customer_id\"", ("key", "k", known)).await;
}

#[tokio::test]
async fn a_body_that_is_no_object_is_refused() {
    let trailing = format!("{ORDER} x");
    let cases = [
        ("[1]", "an array", "an object"),
        ("7", "7", "an object"),
        ("null", "null", "an object"),
        ("{", "malformed at line 1 column 1", "JSON (RFC 8259)"),
        ("", "malformed at line 1 column 0", "JSON (RFC 8259)"),
        (&trailing, "malformed at line 2 column 43", "JSON (RFC 8259)"),
    ];
    for (body, value, wanted) in cases {
        let reply = create(&[JSON, KEY], body.to_owned()).await;
        let expected = ("body".to_owned(), value.to_owned(), wanted.to_owned());
        assert_eq!(said(&reply), expected, "{body}");
    }
}

#[tokio::test]
async fn a_body_that_is_not_utf8_is_refused() {
    let mut body = ORDER.as_bytes().to_vec();
    body[20] = 0xff;
    let reply = create(&[JSON, KEY], body).await;
    assert_eq!(said(&reply).1, "not UTF-8 after byte 20");
}

#[tokio::test]
async fn a_body_of_three_megabytes_is_refused_as_too_large() {
    let reply = create(&[JSON, KEY], "x".repeat(3 << 20)).await;
    assert_eq!((reply.status, reply.code().as_str()), (413, "BODY_TOO_LARGE"));
    let message = reply.json()["error"]["message"].to_string();
    assert!(message.contains("at most 2097152 bytes"), "{message}");
}

#[tokio::test]
async fn a_body_of_the_largest_size_is_read() {
    let padding = " ".repeat((2 << 20) - ORDER.len());
    let body = format!("{}{padding}x", &ORDER[..ORDER.len() - 1]);
    let reply = create(&[JSON, KEY], body).await;
    assert_eq!(said(&reply).0, "body", "it was read, and found not to be JSON");
}

#[tokio::test]
async fn a_body_that_is_not_declared_as_json_is_refused() {
    for headers in [&[KEY][..], &[KEY, ("content-type", "text/plain")]] {
        let reply = create(headers, ORDER).await;
        assert_eq!((reply.status, reply.code().as_str()), (415, "UNSUPPORTED_MEDIA_TYPE"));
        assert!(
            reply.json()["error"]["message"]
                .as_str()
                .unwrap()
                .ends_with("wanted application/json")
        );
    }
}

#[tokio::test]
async fn a_command_that_needs_a_key_says_so() {
    let reply = create(&[JSON], ORDER).await;
    assert_eq!((reply.status, reply.code().as_str()), (400, "KEY_MISSING"));
    assert!(
        reply.json()["error"]["message"]
            .as_str()
            .unwrap()
            .contains("Idempotency-Key")
    );
}

#[tokio::test]
async fn a_malformed_key_is_refused() {
    let long = "k".repeat(256);
    let keys = [
        "",
        "\"\"",
        "\"open",
        "open\"",
        "a b",
        "a\"b",
        "a\\b",
        "\"a\";p=1",
        "k\u{e9}",
        &long,
    ];
    for key in keys {
        let reply = create(&[JSON, ("idempotency-key", key)], ORDER).await;
        assert_eq!(said(&reply).0, "Idempotency-Key", "{key:?}");
    }
    let reply = create(&[JSON, KEY, ("idempotency-key", "l")], ORDER).await;
    assert_eq!(said(&reply).1, "given more than once");
}

#[tokio::test]
async fn a_parameter_that_is_unknown_doubled_or_no_number_is_refused() {
    let cases = [
        ("page=x", "page"),
        ("page=-1", "page"),
        ("page=4294967296", "page"),
        ("page_size=1.5", "page_size"),
        ("page=1&page=1", "page"),
        ("pages=1", "pages"),
    ];
    for (query, field) in cases {
        let reply = refused(&format!("GET /v2/customers/ada/orders?{query}"), &[], "").await;
        assert_eq!(said(&reply).0, field, "{query}");
    }
    let reply = refused(&format!("GET /v2/orders/{}?page=1", order_id()), &[], "").await;
    assert_eq!(said(&reply).2, "no query parameters");
}

#[tokio::test]
async fn an_id_of_another_form_is_refused_by_its_name() {
    let one = order_id().to_string();
    let forms = [
        "seven".to_owned(),
        one.to_uppercase(),
        one.replace('-', ""),
        format!("{{{one}}}"),
        format!("urn:uuid:{one}"),
    ];
    let wanted = "a UUID in lower case, with dashes".to_owned();
    for form in forms {
        let path = form.replace('{', "%7B").replace('}', "%7D");
        let reply = refused(&format!("GET /v2/orders/{path}"), &[], "").await;
        assert_eq!(said(&reply), ("order_id".to_owned(), form, wanted.clone()));
    }
    let reply = refused("GET /v2/customers/%C3%A9/orders", &[], "").await;
    assert_eq!(said(&reply).0, "customer_id");
    let reply = refused("GET /v2/customers/%FF/orders", &[], "").await;
    assert_eq!(said(&reply).0, "path");
}

#[tokio::test]
async fn a_command_that_takes_nothing_refuses_a_body_that_says_something() {
    let confirm = format!("POST /v2/orders/{}/confirm", order_id());
    let reply = refused(&confirm, &[JSON], r#"{"force":true}"#).await;
    assert_eq!(said(&reply).0, "force");
}

#[tokio::test]
async fn an_unknown_path_and_a_wrong_method_are_refused_in_the_envelope() {
    let reply = refused("GET /v2/nothing", &[("x-request-id", "r-1")], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (404, "UNKNOWN_ROUTE"));
    assert_eq!(reply.json()["request_id"], "r-1");

    let reply = refused("DELETE /v2/orders", &[("x-request-id", "r-2")], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
    assert_eq!(reply.header("allow"), Some("POST"));
    assert_eq!(reply.json()["request_id"], "r-2");
}

#[tokio::test]
async fn a_failure_of_the_service_itself_tells_nothing() {
    let router = Router::new().fallback(|| async { http::internal(&seam::Context::root("test")) });
    let reply = ask(&router, "GET /", &[], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (500, "INTERNAL"));
    assert_eq!(reply.json()["error"]["message"], "internal error");
}

#[tokio::test]
async fn routers_of_several_contracts_merge() {
    let orders = http::orders::router(Recorded::<dyn Orders>::new().service());
    let inventory = http::inventory::router(Recorded::<dyn Inventory>::new().service());
    let router = orders.merge(inventory).fallback(http::fallback);
    let reply = ask(&router, "POST /v2/products", &[], "").await;
    assert_eq!((reply.status, reply.code().as_str()), (405, "METHOD_NOT_ALLOWED"));
}

#[tokio::test]
async fn a_command_whose_deadline_is_past_is_refused_as_not_done() {
    let past = ("x-seam-deadline-ms", "0");
    for command in [
        "POST /v2/orders",
        "POST /v2/orders/{id}/confirm",
        "POST /v2/orders/{id}/deliver",
    ] {
        let command = command.replace("{id}", &order_id().to_string());
        let headers = if command.ends_with("orders") {
            vec![JSON, KEY, past]
        } else {
            vec![past]
        };
        let body = if command.ends_with("orders") { ORDER } else { "" };

        let reply = refused(&command, &headers, body).await;

        assert_eq!((reply.status, reply.code().as_str()), (503, "SERVICE_UNAVAILABLE"));
        let message = reply.json()["error"]["message"].as_str().unwrap().to_owned();
        assert!(message.contains("nothing was done"), "{message}");
    }
}
