//! The push sink over real sockets.

mod support;

use outside::{Push, PushSink};
use reqwest::Client;
use serde_json::{Value, json};
use support::free;

async fn push(sink: &PushSink, key: &str, body: &Value) -> u16 {
    let request = Client::new()
        .post(format!("http://{}/push", sink.address()))
        .header("Idempotency-Key", key);
    request
        .body(body.to_string())
        .send()
        .await
        .expect("the sink answers")
        .status()
        .as_u16()
}

async fn messages(sink: &PushSink) -> Vec<Push> {
    let body = reqwest::get(format!("http://{}/messages", sink.address()))
        .await
        .expect("the sink answers");
    serde_json::from_slice(&body.bytes().await.expect("a body")).expect("messages")
}

#[tokio::test]
async fn the_same_key_is_kept_once_and_counted() {
    let sink = PushSink::start(free(), None).expect("the sink starts");
    let hello = json!({"token": "device", "title": "t", "body": "hello"});
    let other = json!({"token": "device", "title": "t", "body": "other"});

    let statuses = [
        push(&sink, "k", &hello).await,
        push(&sink, "k", &hello).await,
        push(&sink, "k", &other).await,
        push(&sink, "k2", &other).await,
    ];

    assert_eq!(statuses, [200, 200, 422, 200]);
    let kept = messages(&sink).await;
    assert_eq!(kept.iter().map(|push| push.deliveries).collect::<Vec<_>>(), [2, 1]);
}

#[tokio::test]
async fn what_makes_no_sense_is_refused() {
    let sink = PushSink::start(free(), None).expect("the sink starts");

    let statuses = [
        push(&sink, "", &json!({"token": "device", "title": "t", "body": "b"})).await,
        push(
            &sink,
            "k",
            &json!({"token": "device", "title": "t", "body": "b", "more": 1}),
        )
        .await,
        push(&sink, "k", &json!({"token": "refused-1", "title": "t", "body": "b"})).await,
        push(
            &sink,
            "k",
            &json!({"token": "d", "title": "t", "body": "x".repeat(70_000)}),
        )
        .await,
    ];

    assert_eq!(statuses, [400, 400, 410, 413]);
    assert_eq!(messages(&sink).await, []);
}
