//! Faults by the operations of an OpenAPI document, which a proxy is given.

use std::{
    io::{Read, Write},
    net::SocketAddr,
};

use serde_json::{Value, json};

use crate::fixture::{Server, connect, serve};

const FAULTS: &str = "/v1/proxies/shop/faults";
const OPENAPI: &str = "/v1/proxies/shop/openapi";
/// Reply to every request.
const ORDER: &str = r#"{"id":7,"state":"paid"}"#;

/// Listens, and answers each HTTP request with an order.
fn shop() -> SocketAddr {
    serve(|mut stream| {
        let mut buffer = [0; 1024];
        while let Ok(1..) = stream.read(&mut buffer) {
            let reply = format!(
                "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{ORDER}",
                ORDER.len()
            );
            if stream.write_all(reply.as_bytes()).is_err() {
                return;
            }
        }
    })
}

fn document() -> Value {
    let schema = json!({
        "type": "object",
        "required": ["id", "state"],
        "properties": { "id": { "type": "integer" }, "state": { "type": "string" } },
    });
    let reply = json!({ "200": { "content": { "application/json": { "schema": schema } } } });
    json!({ "openapi": "3.1.0", "paths": {
        "/orders/{id}": { "get": { "operationId": "get_order", "responses": reply } },
        "/orders/mine": { "get": { "operationId": "get_mine", "responses": {} } },
    } })
}

/// Sends a request on a connection of its own; returns the status and the body.
fn get(address: SocketAddr, path: &str) -> (String, String) {
    let mut client = connect(address);
    write!(client, "GET {path} HTTP/1.1\r\nhost: shop\r\nconnection: close\r\n\r\n").unwrap();
    let mut reply = Vec::new();
    let mut piece = [0; 4096];
    loop {
        let length = client.read(&mut piece).unwrap();
        reply.extend(&piece[..length]);
        let text = String::from_utf8_lossy(&reply);
        let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
        let wanted = head.lines().find_map(|line| line.strip_prefix("content-length: "));
        if length == 0 || wanted.is_some_and(|wanted| wanted == body.len().to_string()) {
            return (head[9..12].to_owned(), body.to_owned());
        }
    }
}

fn unavailable(operation: &str) -> Value {
    let on = json!({ "http": { "operation": operation } });
    json!({ "name": "unavailable", "on": on, "does": { "answer": { "status": 503 } } })
}

fn proxy_of(server: &Server) -> SocketAddr {
    let shown = server.get("/proxies/shop");
    shown["listen"].as_str().unwrap().parse().unwrap()
}

#[test]
fn a_proxy_is_given_a_document_and_has_faults_by_its_operations_and_schemas() {
    let server = Server::new();
    let address = server.create("shop", shop());
    assert_eq!(server.get(OPENAPI), json!({ "operations": null }));
    assert_eq!(server.ask("POST", FAULTS, unavailable("get_order")).0, 400);
    let named = json!({ "operations": ["get_mine", "get_order"] });
    assert_eq!(server.ask("PUT", OPENAPI, document()), (200, named.clone()));
    assert_eq!(server.get(OPENAPI), named);

    let (status, said) = server.ask("POST", FAULTS, unavailable("get_odrer"));
    let error = said["error"].as_str().unwrap();
    assert!(
        status == 400 && error.contains(r#"is "get_odrer", wanted one of ["get_mine", "get_order"]"#),
        "{said}"
    );
    assert_eq!(server.ask("POST", FAULTS, unavailable("get_order")).0, 201);
    assert_eq!(get(address, "/orders/7").0, "503");
    assert_eq!(get(address, "/orders/mine"), ("200".to_owned(), ORDER.to_owned()));

    // A document that lacks the operation of a fault that is laid changes nothing.
    let lacking = json!({ "openapi": "3.1.0", "paths": { "/": { "get": { "operationId": "get_root" } } } });
    let (status, said) = server.ask("PUT", OPENAPI, lacking.clone());
    let error = said["error"].as_str().unwrap();
    assert!(
        status == 400 && error.contains(r#"is "get_order", wanted one of ["get_root"]"#),
        "{said}"
    );
    assert_eq!(get(address, "/orders/7").0, "503");
    server.done("DELETE", FAULTS);

    let violation = json!({ "name": "wrong", "does": { "violate_schema": {} } });
    assert_eq!(server.ask("POST", FAULTS, violation).0, 201);
    let (status, body) = get(address, "/orders/7");
    let body: Value = serde_json::from_str(&body).unwrap();
    let fits = body["id"].is_i64() && body["state"].is_string();
    assert!(status == "200" && !fits, "{body}");
    server.done("DELETE", FAULTS);
    assert_eq!(
        server.ask("PUT", OPENAPI, lacking).0,
        200,
        "nothing is laid that needs more"
    );
}

#[test]
fn a_proxy_of_the_configuration_has_the_document_that_an_option_names() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &Value| {
        let file = folder.path().join(name);
        std::fs::write(&file, content.to_string()).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let config = json!([{ "name": "shop", "upstream": shop() }, { "name": "other", "upstream": shop() }]);
    let named = format!("shop={}", file("openapi.json", &document()));
    let server = Server::with(&["--config", &file("config.json", &config), "--openapi", &named]);
    assert_eq!(
        server.get("/v1/proxies/other/openapi"),
        json!({ "operations": null }),
        "each proxy has its own"
    );
    assert_eq!(server.ask("POST", FAULTS, unavailable("get_order")).0, 201);
    assert_eq!(get(proxy_of(&server), "/orders/7").0, "503");

    // It stays with the proxy when that moves, and goes with the upstream when the list names another one.
    let (status, _) = server.ask("POST", "/proxies/shop", json!({ "listen": "127.0.0.1:0" }));
    assert_eq!(status, 200);
    assert_eq!(get(proxy_of(&server), "/orders/7").0, "503");
    let listen = server.get("/proxies/shop")["listen"].clone();
    let list = json!([{ "name": "shop", "listen": listen, "upstream": shop() }]);
    assert_eq!(server.ask("POST", "/populate", list).0, 201);
    assert_eq!(server.get(OPENAPI), json!({ "operations": null }));
}
