//! Requests as they arrive at the provider.

use serde_json::{Value, json};
use verifier::{HttpProvider, Outcome, Stage, Verification, verify};
use wiremock::{Mock, MockServer, Request, ResponseTemplate, matchers::any};

use crate::shop::{file, selection, shows_the_order};

async fn verified(server: &MockServer, base: &str, request: &Value) -> Verification {
    Mock::given(any())
        .respond_with(ResponseTemplate::new(200))
        .mount(server)
        .await;
    let provider = HttpProvider::new(&format!("{}{base}", server.uri()), None, None).unwrap();
    let pact = file("shop", &[shows_the_order(json!({ "request": request }))]);
    verify(&selection(&[pact]), &provider, None).await
}

/// The request that reaches a provider at `base` of its server.
async fn arrived(base: &str, request: Value) -> Request {
    let server = MockServer::start().await;
    verified(&server, base, &request).await;
    server.received_requests().await.unwrap().remove(0)
}

#[tokio::test(flavor = "multi_thread")]
async fn method_path_query_headers_and_body_are_those_of_the_pact() {
    let request = json!({
        "method": "PATCH", "path": "/orders/a%20b",
        "query": { "z": ["1"], "full text": ["a&b", "c d"], "flag": [null] },
        "headers": { "X-Many": ["one", "two"], "Content-Type": ["application/json"] },
        "body": { "content": { "a": 1 }, "contentType": "application/json", "encoded": false },
    });

    let seen = arrived("", request).await;

    assert_eq!(
        (seen.method.as_str(), seen.url.path()),
        ("PATCH", "/orders/a%20b"),
        "{seen:?}"
    );
    assert_eq!(seen.url.query(), Some("flag&full+text=a%26b&full+text=c+d&z=1"));
    let many: Vec<_> = seen.headers.get_all("x-many").iter().collect();
    assert_eq!(many, ["one", "two"]);
    assert_eq!(seen.body_json::<Value>().unwrap(), json!({ "a": 1 }));
    assert_eq!(seen.headers.get_all("content-type").iter().count(), 1);
}

#[tokio::test(flavor = "multi_thread")]
async fn the_path_of_the_provider_comes_before_that_of_the_pact() {
    for (base, path, wanted) in [
        ("", "/", "/"),
        ("/", "/a", "/a"),
        ("/api", "/a/", "/api/a/"),
        ("/api/", "/", "/api"),
        ("/api", "/a?b=1", "/api/a"),
    ] {
        let seen = arrived(base, json!({ "method": "GET", "path": path })).await;
        assert_eq!(seen.url.path(), wanted, "{base} {path}");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn null_is_sent_where_the_body_is_null_in_json() {
    let request = json!({
        "method": "POST", "path": "/", "headers": { "Content-Type": ["application/json"] },
        "body": { "content": null, "contentType": "application/json", "encoded": false },
    });
    assert_eq!(arrived("", request).await.body, b"null");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_is_not_http_is_refused_and_nothing_else_is_sent() {
    for (request, words) in [
        (json!({ "method": "G T", "path": "/" }), "'G T' is not a method of HTTP"),
        (
            json!({ "method": "GET", "path": "/", "headers": { "a b": ["c"] } }),
            "'a b' is not the name of a header",
        ),
        (
            json!({ "method": "GET", "path": "/", "headers": { "a": ["b\nc"] } }),
            "can't be the value of the header 'a'",
        ),
    ] {
        let server = MockServer::start().await;
        let strict = verified(&server, "", &request).await;
        assert_eq!(server.received_requests().await.unwrap().len(), 0);
        let (_, failed) = strict.failures().next().unwrap();
        assert!(
            matches!(&failed.outcome, Outcome::Failed { stage: Stage::Ask, reason } if reason.contains(words)),
            "{failed:?}"
        );
    }
}
