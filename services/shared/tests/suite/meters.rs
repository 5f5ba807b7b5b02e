//! Figures of the calls between modules, and of the requests to each, as operators see them.

use std::sync::Arc;

use axum::{Router, routing::get};
use bytes::Bytes;
use http::Request;
use seam::http::{InProcess, Transport};
use serde_json::{Value, json};
use shared::{Environment, LINK_SETTINGS, Module, Mounted, Settings, server};

use crate::{
    neighbour::{NoAnswer, Stock},
    support::Store,
};

struct Shop;

#[seam::async_trait]
impl Stock for Shop {
    async fn count(&self, _millis: u64) -> Result<u32, NoAnswer> {
        Ok(3)
    }
}

#[tokio::test]
async fn calls_in_process_and_over_a_link_are_measured_alike_and_requests_by_module() {
    let store = Store::new().await;
    let environment = Environment::new(Settings::from_pairs(LINK_SETTINGS, []).unwrap());
    let here = environment.neighbour::<dyn Stock>("orders", Arc::new(Shop)).unwrap();
    let link = environment.link::<dyn Stock>(Arc::new(Shop)).unwrap();
    let elsewhere = environment.neighbour("payments", link).unwrap();
    let route = get(async move || {
        here.count(1).await.unwrap();
        here.count(2).await.unwrap();
        elsewhere.count(3).await.unwrap();
        "done"
    });
    let routes = Router::new().route("/work", route);
    let module = Module::new("orders", store.db.clone(), Arc::new(()), |_| routes, Vec::new());
    let away = Mounted::routes("payments", Router::new().route("/away", get(async || "done")));
    let modules = Arc::from(vec![module.mount(), away]);
    let server = InProcess::new(server::router(&environment, &modules));
    let ask = async |path: &str| {
        let request = Request::get(path).body(Bytes::new()).unwrap();
        server.send(request).await.unwrap().into_body()
    };

    for path in ["/work", "/work", "/away", "/v2/events/orders?after=0", "/nowhere"] {
        ask(path).await;
    }
    let figures: Value = serde_json::from_slice(&ask("/meters").await).unwrap();

    assert_eq!(figures["modules"].as_array().unwrap().len(), 1, "{figures}");
    assert_eq!(figures["modules"][0]["module"], "orders");
    assert_eq!(
        figures["modules"][0]["requests"], 2,
        "neither the log nor what runs elsewhere"
    );
    let seen: Vec<Value> = figures["meters"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| {
            json!([
                it["from"],
                it["to"],
                it["requests"],
                it["methods"][0]["calls"],
                it["most"]
            ])
        })
        .collect();
    assert_eq!(
        seen,
        [
            json!(["orders", "stock", 2, 4, 2]),
            json!(["payments", "stock", 2, 2, 1])
        ]
    );
}
