//! Faults that Toxiproxy can't say, by the endpoints of our own.

use std::{
    io::{Read, Write},
    net::SocketAddr,
};

use serde_json::{Value, json};

use crate::fixture::{Server, connect, echo, exchange, rest, serve};

const FAULTS: &str = "/v1/proxies/echo/faults";

/// Listens, and answers each HTTP request with 200.
fn shop() -> SocketAddr {
    serve(|mut stream| {
        let mut buffer = [0; 1024];
        while let Ok(1..) = stream.read(&mut buffer) {
            if stream
                .write_all(b"HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n")
                .is_err()
            {
                return;
            }
        }
    })
}

/// Sends a request on a connection of its own, and returns the status.
fn status(address: SocketAddr, path: &str) -> String {
    let mut client = connect(address);
    write!(client, "GET {path} HTTP/1.1\r\nhost: shop\r\n\r\n").unwrap();
    let mut answer = [0; 12];
    client.read_exact(&mut answer).unwrap();
    String::from_utf8(answer[9..].to_vec()).unwrap()
}

fn names(faults: &Value) -> Vec<&str> {
    let faults = faults["faults"].as_array().unwrap();
    faults
        .iter()
        .map(|one| one["fault"]["name"].as_str().unwrap())
        .collect()
}

#[test]
fn a_fault_on_requests_is_laid_changed_tallied_and_lifted() {
    let server = Server::new();
    let address = server.create("echo", shop());
    let fault = |first: u64| {
        let on = json!({ "http": { "path": "/orders/{id}", "requests": { "first": first } } });
        json!({ "name": "no orders", "on": on, "does": { "answer": { "status": 503 } } })
    };
    let (code, laid) = server.ask("POST", FAULTS, fault(1));
    assert_eq!((code, names(&laid)), (201, vec!["no orders"]));
    let seen: Vec<String> = ["/orders/1", "/orders/2", "/stock"]
        .map(|path| status(address, path))
        .into();
    assert_eq!(seen, ["503", "200", "200"]);

    let (code, changed) = server.ask("PUT", &format!("{FAULTS}/no%20orders"), fault(9));
    assert_eq!(code, 200, "{changed}");
    assert_eq!(status(address, "/orders/3"), "503");
    let shown = server.get(FAULTS);
    assert_eq!(shown["faults"][0]["tally"]["fired"], json!(2));
    assert_eq!(shown["faults"][0]["is_toxic"], json!(false));
    assert_eq!(server.get("/proxies/echo/toxics"), json!([]));

    let record = server.get("/v1/proxies/echo/record");
    assert_eq!(record["decisions"].as_array().unwrap().len(), 2);
    let last = server.get("/v1/proxies/echo/record?last=1");
    assert_eq!(
        (&last["older"], &last["decisions"][0]),
        (&json!(1), &record["decisions"][1])
    );
    assert_eq!(last["decisions"][0]["outcome"], json!("fired"));
    assert_eq!(server.get("/v1/proxies/echo/counts")["requests"], json!(4));

    server.done("DELETE", &format!("{FAULTS}/no%20orders"));
    assert_eq!(status(address, "/orders/4"), "200");
}

#[test]
fn several_faults_are_laid_whole_or_not_at_all_and_toxics_are_among_them() {
    let server = Server::new();
    let address = server.create("echo", echo());
    server.add(json!({ "type": "limit_data", "name": "toxic", "attributes": { "bytes": 3 } }));
    let named = |name: &str| json!({ "name": name, "does": { "slow_close": { "delay": "1ms" } } });
    for (body, code) in [
        (json!([named("a"), named("toxic")]), 409),
        (json!([named("a"), { "name": "b", "does": { "cut": {} } }]), 400),
    ] {
        assert_eq!(server.ask("POST", FAULTS, body).0, code);
        assert_eq!(names(&server.get(FAULTS)), ["toxic"]);
    }
    let (code, laid) = server.ask("POST", FAULTS, json!([named("a"), named("b")]));
    assert_eq!((code, names(&laid)), (201, vec!["toxic", "a", "b"]));

    let (code, answer) = server.ask("PUT", &format!("{FAULTS}/toxic"), named("toxic"));
    let error = answer["error"].as_str().unwrap();
    assert!(
        code == 409 && error.contains("POST /proxies/echo/toxics/toxic changes it"),
        "{error}"
    );
    assert_eq!(server.ask("PUT", &format!("{FAULTS}/a"), named("b")).0, 400);
    assert_eq!(server.ask("DELETE", &format!("{FAULTS}/c"), Value::Null).0, 404);
    let mut client = connect(address);
    client.write_all(b"four").unwrap();
    assert_eq!(rest(&mut client), b"fou");

    server.done("DELETE", &format!("{FAULTS}/toxic"));
    assert_eq!(
        server.get("/proxies/echo")["toxics"],
        json!([]),
        "what is lifted here is no toxic there"
    );
    exchange(&mut connect(address), b"four");
    server.done("DELETE", FAULTS);
    assert_eq!(names(&server.get(FAULTS)), Vec::<&str>::new());
}
