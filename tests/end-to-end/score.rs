//! `seam score` at the real monolith, after some orders.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

use std::time::{Duration, Instant};

use bytes::Bytes;
use http::{Request, StatusCode};
use seam::http::{Socket, SocketLimits, Transport};
use serde_json::{Value, json};
use tests::{Platform, seam};

const ORDERS: usize = 25;
const LIMIT: Duration = Duration::from_secs(60);

async fn ask(at: &Socket, method: &str, path: &str, body: &Value) -> (StatusCode, Value) {
    let request = Request::builder()
        .method(method)
        .uri(path)
        .header("content-type", "application/json")
        .header("idempotency-key", body["customer_id"].as_str().unwrap_or("none"))
        .body(if body.is_null() {
            Bytes::new()
        } else {
            Bytes::from(body.to_string())
        });
    let answer = at.send(request.unwrap()).await.unwrap();
    (answer.status(), serde_json::from_slice(answer.body()).unwrap())
}

async fn order(at: &Socket, number: usize) {
    let order = json!({
        "customer_id": format!("c{number}"), "contact": { "email": format!("c{number}@example.com") },
        "payment_method": "tok_ok", "items": [{ "sku": "mug", "quantity": 1 }],
    });
    let (status, placed) = ask(at, "POST", "/v2/orders", &order).await;
    assert_eq!(status, StatusCode::CREATED, "{placed}");
    let path = format!("/v2/orders/{}", placed["data"]["id"].as_str().unwrap());
    let deadline = Instant::now() + LIMIT;
    loop {
        let (_, seen) = ask(at, "GET", &path, &Value::Null).await;
        if seen["data"]["status"] == "confirmed" {
            return;
        }
        assert!(Instant::now() < deadline, "not confirmed: {seen}");
        tokio::task::yield_now().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_monoliths_own_modules_are_measured_and_judged() {
    let platform = Platform::up("monolith");
    let url = format!("http://{}", platform.address("monolith"));
    let at = Socket::new(&url, SocketLimits::default()).unwrap();
    let product = json!({ "price": { "cents": 900, "currency": "EUR" }, "stock": 1000 });
    assert!(ask(&at, "PUT", "/v2/products/mug", &product).await.0.is_success());
    for number in 0..ORDERS {
        order(&at, number).await;
    }

    let folder = tempfile::tempdir().unwrap();
    let page = folder.path().join("score.html");
    let file = concat!(env!("CARGO_MANIFEST_DIR"), "/../score.toml");
    let output = seam()
        .args(["score", file, "--json", "--html", page.to_str().unwrap(), "--url", &url])
        .output()
        .unwrap();

    let said = String::from_utf8_lossy(&output.stdout).into_owned();
    assert_eq!(
        output.status.code(),
        Some(0),
        "{said}{}",
        String::from_utf8_lossy(&output.stderr)
    );
    let report: Value = serde_json::from_str(&said).unwrap();
    let of = |name: &str| {
        let modules = report["modules"].as_array().unwrap();
        modules.iter().find(|module| module["module"] == name).unwrap()
    };
    let inventory = &of("inventory")["measured"];
    assert_eq!(
        (&inventory["calls"], &inventory["per_request"]),
        (&json!(ORDERS), &json!(1.0)),
        "{said}"
    );
    assert!(
        of("payments")["measured"]["calls"].as_u64() >= Some(ORDERS as u64),
        "{said}"
    );
    assert_eq!(
        of("notifications")["measured"]["calls"],
        0,
        "it follows events alone: {said}"
    );
    for module in report["modules"].as_array().unwrap() {
        assert_ne!(module["verdict"], "inconclusive", "{module}");
        assert_eq!(module["measured"]["cannot_cross"], json!([]), "{module}");
        let share = module["measured"]["share_of_time"].as_f64().unwrap();
        assert!(share > 0.0 && share < 100.0, "every module has worked: {module}");
    }
    assert!(report["hop"]["p50_us"].as_u64().unwrap() > 0, "{said}");
    assert!(std::fs::read_to_string(&page).unwrap().contains("<h2 id=\"payments\">"));
    println!("{said}");
}
