use reqwest::{Client, Method, header::HeaderValue};
use serde_json::{Value, json};
use tokio::runtime::Runtime;

use super::cases::Case;

/// An HTTP client of one running node.
#[derive(Debug)]
pub(crate) struct Caller {
    address: String,
    runtime: Runtime,
    client: Client,
}

/// The reply to a request.
#[derive(Debug)]
pub(crate) struct Reply {
    pub(crate) status: u16,
    /// The code in the error envelope, or the part of it that is missing.
    pub(crate) code: String,
    pub(crate) body: String,
}

impl Caller {
    /// Creates a client of the node at this host and port.
    pub(crate) fn new(address: String) -> Self {
        let runtime = tokio::runtime::Builder::new_current_thread()
            .enable_all()
            .build()
            .expect("a runtime");
        Self {
            address,
            runtime,
            client: Client::new(),
        }
    }

    pub(crate) fn put_product(&self, sku: &str, cents: i64, stock: i64) {
        let body = json!({ "price": { "cents": cents, "currency": "EUR" }, "stock": stock });
        let request = self.client.put(self.url(&format!("/v2/products/{sku}"))).json(&body);
        let response = self.runtime.block_on(request.send()).expect("the product is put");
        assert_eq!(response.status(), 201);
    }

    pub(crate) fn get(&self, path: &str) -> Value {
        let response = self.client.get(self.url(path)).send();
        self.runtime
            .block_on(async { response.await?.json().await })
            .expect("the answer is JSON")
    }

    /// Asks for a method that no route has, and returns the code of the refusal.
    pub(crate) fn trace(&self, path: &str) -> String {
        let response = self.client.request(Method::TRACE, self.url(path)).send();
        let envelope: Value = self
            .runtime
            .block_on(async { response.await?.json().await })
            .expect("the refusal is JSON");
        envelope["error"]["code"].as_str().unwrap_or("(no code)").to_owned()
    }

    pub(crate) fn send(&self, case: &Case) -> Reply {
        let method = Method::from_bytes(case.method.as_bytes()).expect("a method");
        let mut request = self.client.request(method, self.url(case.path)).body(case.body.clone());
        if !case.body.is_empty() {
            request = request.header("content-type", case.content_type);
        }
        if let Some(key) = &case.key {
            request = request.header("idempotency-key", HeaderValue::from_bytes(key).expect("a header value"));
        }
        self.runtime.block_on(async {
            let response = request
                .send()
                .await
                .unwrap_or_else(|error| panic!("{}: no answer: {error}", case.name));
            let status = response.status().as_u16();
            let body = response.text().await.expect("the body is read");
            let envelope: Value = serde_json::from_str(&body).unwrap_or(Value::Null);
            let code = envelope["error"]["code"].as_str().unwrap_or("(no code)").to_owned();
            Reply { status, code, body }
        })
    }

    fn url(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }
}
