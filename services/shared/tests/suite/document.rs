//! The document at `/openapi.json`: what the server says of its own routes.

use std::{collections::BTreeSet, sync::Arc};

use axum::Router;
use bytes::Bytes;
use http::{Method, Request, Response};
use seam::http::{InProcess, Transport};
use serde_json::Value;
use shared::{Environment, Module, Settings, server};

use crate::support::{Store, append, delivered};

/// The router of a server with one module, whose contract has no routes.
async fn served(store: &Store) -> InProcess<Router> {
    let environment = Environment::new(Settings::from_pairs(&[], []).unwrap());
    append(&store.db, [delivered(1)]).await;
    let module = Module::new("tested", store.db.clone(), Arc::new(()), |_| Router::new(), Vec::new());
    InProcess::new(server::router(&environment, &Arc::from(vec![module.mount()])))
}

async fn ask(router: &InProcess<Router>, method: &str, path: &str) -> Response<Bytes> {
    let method = Method::from_bytes(method.as_bytes()).unwrap();
    let request = Request::builder().method(method).uri(path).body(Bytes::new()).unwrap();
    router.send(request).await.unwrap()
}

async fn document(router: &InProcess<Router>) -> Value {
    serde_json::from_slice(ask(router, "GET", "/openapi.json").await.body()).unwrap()
}

#[tokio::test]
async fn every_route_of_the_server_is_documented_with_its_methods() {
    let store = Store::new().await;
    let router = served(&store).await;
    let document = document(&router).await;

    let paths = document["paths"].as_object().unwrap();
    for path in [
        "/health/live",
        "/health/ready",
        "/stats",
        "/meters",
        "/openapi.json",
        "/v2/dead-letters",
        "/v2/events/{module}",
    ] {
        assert!(paths.contains_key(path), "{path}");
    }
    for (path, item) in paths {
        let path = path.replace("{module}", "tested").replace(['{', '}'], "x");
        let refusal = ask(&router, "TRACE", &path).await;
        assert_eq!(refusal.status(), 405, "{path}");
        let allowed = refusal.headers()["allow"].to_str().unwrap().to_owned();
        let served: BTreeSet<&str> = allowed.split(',').filter(|method| *method != "HEAD").collect();
        let documented: BTreeSet<String> = item
            .as_object()
            .unwrap()
            .keys()
            .map(|method| method.to_uppercase())
            .collect();
        assert_eq!(served, documented.iter().map(String::as_str).collect(), "{path}");
        for operation in item.as_object().unwrap().values() {
            assert!(operation["responses"]["405"].is_object(), "{path}");
        }
    }
}

#[tokio::test]
async fn answers_of_the_server_have_the_fields_that_are_documented() {
    let store = Store::new().await;
    let router = served(&store).await;
    let document = document(&router).await;

    for (path, name, item) in [
        ("/health/live", "Alive", ""),
        ("/health/ready", "Report", ""),
        ("/stats", "ModuleStats", "/0"),
        ("/meters", "Metering", ""),
    ] {
        let answer = ask(&router, "GET", path).await;
        let answer: Value = serde_json::from_slice(answer.body()).unwrap();
        let answer = answer.pointer(item).unwrap();
        let documented = &document["components"]["schemas"][name];
        let known = documented["properties"].as_object().unwrap();
        let fields = answer.as_object().unwrap();
        assert!(
            fields.keys().all(|field| known.contains_key(field)),
            "{path}: {answer} {documented}"
        );
        let required = documented["required"].as_array().unwrap();
        assert!(
            required
                .iter()
                .all(|field| fields.contains_key(field.as_str().unwrap())),
            "{path}: {answer}"
        );
    }
    let live = ask(&router, "GET", "/health/live").await;
    assert_eq!(live.body(), "{\"alive\":true}", "no envelope");
}
