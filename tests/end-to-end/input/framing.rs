//! Requests whose framing or form is odd, byte for byte, to every service of the platform.

use std::{
    io::{Read, Write},
    net::{Shutdown, TcpStream},
    time::Duration,
};

use serde_json::Value;
use tests::Platform;

/// Each service with a command that takes a body.
const SERVICES: [(&str, &str); 4] = [
    ("orders", "POST /v2/orders"),
    (
        "payments",
        "POST /v2/orders/00000000-0000-4000-8000-000000000000/payments",
    ),
    ("inventory", "PUT /v2/products/TEA"),
    ("notifications", "POST /v2/notifications"),
];

/// An answer: its status, and the parts of its error. A text that is no envelope has the code "(no envelope)".
#[derive(Debug)]
struct Answer {
    status: u16,
    code: String,
    error: String,
    length: usize,
}

/// One odd request, and the refusal that it must get from every service.
struct Case {
    name: &'static str,
    /// The request; `{command}` stands for the method and path of the service's command.
    request: Vec<u8>,
    status: u16,
    code: &'static str,
    /// The text that the error must contain.
    names: &'static str,
}

fn case(
    name: &'static str,
    request: impl Into<Vec<u8>>,
    (status, code): (u16, &'static str),
    names: &'static str,
) -> Case {
    Case {
        name,
        request: request.into(),
        status,
        code,
        names,
    }
}

const INVALID: (u16, &str) = (400, "INVALID_INPUT");
const NO_ROUTE: (u16, &str) = (404, "UNKNOWN_ROUTE");
const UNSUPPORTED: (u16, &str) = (415, "UNSUPPORTED_MEDIA_TYPE");
const NOT_IMPLEMENTED: (u16, &str) = (501, "NOT_IMPLEMENTED");

/// A whole command with these headers and this body.
fn command(headers: &str, body: &str) -> String {
    let length = body.len();
    format!(
        "{{command}} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: odd\r\n\
         Content-Length: {length}\r\n{headers}\r\n{body}"
    )
}

/// A command whose body is sent as this text, in chunks or not.
fn chunked(text: &str) -> String {
    format!(
        "{{command}} HTTP/1.1\r\nHost: x\r\nContent-Type: application/json\r\nIdempotency-Key: odd\r\n\
         Transfer-Encoding: chunked\r\n\r\n{text}"
    )
}

fn get(path: &str) -> String {
    format!("GET {path} HTTP/1.1\r\nHost: x\r\n\r\n")
}

fn cases() -> Vec<Case> {
    let coded = "{command} HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: gzip, chunked\r\n\r\n0\r\n\r\n";
    let long = "x".repeat(1 << 20);
    let unknown = "00000000-0000-4000-8000-000000000000";
    let retry = |id: &str| format!("POST /v2/dead-letters/some/{id}/retry HTTP/1.1\r\nHost: x\r\n\r\n");
    vec![
        case("no Host", "GET /health/live HTTP/1.1\r\n\r\n", INVALID, "Host"),
        case(
            "two Hosts",
            "GET /health/live HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n",
            INVALID,
            "more than once",
        ),
        case("compressed chunks", coded, NOT_IMPLEMENTED, "gzip, chunked"),
        case(
            "compressed body",
            command("Content-Encoding: gzip\r\n", "{}"),
            UNSUPPORTED,
            "Content-Encoding",
        ),
        case(
            "chunk size that is no number",
            chunked("zz\r\n{}\r\n0\r\n\r\n"),
            INVALID,
            "malformed chunk",
        ),
        case(
            "negative chunk size",
            chunked("-1\r\n{}\r\n0\r\n\r\n"),
            INVALID,
            "malformed chunk",
        ),
        case(
            "chunk extension of 100 kB",
            chunked(&format!("2;{}\r\n{{}}\r\n0\r\n\r\n", &long[..100_000])),
            INVALID,
            "malformed chunk",
        ),
        case("chunks that end too early", chunked("9\r\n{"), INVALID, "cut off"),
        case(
            "unknown field of 1 MB",
            command("", &format!("{{\"{long}\":1}}")),
            INVALID,
            "no such field",
        ),
        case(
            "unknown path of 60 kB",
            get(&format!("/{}", &long[..60_000])),
            NO_ROUTE,
            "no route",
        ),
        case("event id that is not UTF-8", retry("%ff"), INVALID, "UTF-8"),
        case("event id in upper case", retry(&"A".repeat(8)), INVALID, "lower case"),
        case("unknown event", retry(unknown), (404, "NOT_FOUND"), "no dead letter"),
    ]
}

/// Odd values in requests that only one of the services takes; each is invalid input.
fn cases_of_one() -> Vec<(&'static str, Case)> {
    let price = command("", r#"{"price":{"cents":1e400,"currency":"EUR"},"stock":1}"#);
    let quantity = command("", r#"{"customer_id":"ann","items":[{"sku":"TEA","quantity":1e400}]}"#);
    let long = "x".repeat(30_000);
    let parameter = get(&format!("/v2/customers/ann/orders?{long}={long}"));
    let upper = get("/v2/orders/0000000A-0000-4000-8000-000000000000");
    let braces = get("/v2/orders/%7B0000000a-0000-4000-8000-000000000000%7D");
    let dashes = get("/v2/payments/0000000a000040008000000000000000");
    let rows = [
        ("inventory", "number beyond all types", price, "in range"),
        ("orders", "quantity beyond all types", quantity, "items[0].quantity"),
        ("orders", "unknown parameter of 30 kB", parameter, "no such parameter"),
        ("orders", "id in upper case", upper, "lower case"),
        ("orders", "id in braces", braces, "lower case"),
        ("payments", "id without dashes", dashes, "dashes"),
        ("notifications", "id of bytes", get("/v2/notifications/%ff"), "UTF-8"),
        ("inventory", "sku of bytes", get("/v2/products/%ff"), "UTF-8"),
        ("orders", "long wait", get("/v2/events/orders?wait_ms=30001"), "30000"),
        (
            "payments",
            "long wait",
            get("/v2/events/payments?wait_ms=30001"),
            "30000",
        ),
    ];
    let rows = rows.into_iter();
    rows.map(|(service, name, request, names)| (service, case(name, request, INVALID, names)))
        .collect()
}

fn ask(address: &str, request: &[u8]) -> Answer {
    let mut socket = TcpStream::connect(address).expect("the service listens");
    socket
        .set_read_timeout(Some(Duration::from_secs(20)))
        .expect("a time limit");
    // The server may refuse and close before it has read all.
    let _ = socket.write_all(request);
    let _ = socket.shutdown(Shutdown::Write);
    let mut all = Vec::new();
    let _ = socket.read_to_end(&mut all);
    let text = String::from_utf8_lossy(&all);
    let (head, body) = text.split_once("\r\n\r\n").unwrap_or((&text, ""));
    let status = head.split(' ').nth(1).and_then(|status| status.parse().ok());
    let envelope: Value = serde_json::from_str(body).unwrap_or_default();
    Answer {
        status: status.unwrap_or(0),
        code: envelope["error"]["code"].as_str().unwrap_or("(no envelope)").to_owned(),
        error: envelope["error"].to_string(),
        length: body.len(),
    }
}

/// Says what is wrong with the answer, if anything.
fn verdict(case: &Case, service: &str, answer: &Answer) -> Option<String> {
    let is_right = (answer.status, answer.code.as_str()) == (case.status, case.code)
        && answer.error.contains(case.names)
        && answer.length < 1_000;
    let (status, code, names) = (case.status, case.code, case.names);
    (!is_right).then(|| {
        format!(
            "{}, {service}: wanted {status} {code} naming {names:?} in less than 1,000 bytes: {answer:?}",
            case.name
        )
    })
}

#[test]
fn odd_requests_are_refused_in_a_short_envelope_that_names_the_oddity() {
    let platform = Platform::up("microservices");
    let mut wrong = Vec::new();
    for (service, command) in SERVICES {
        let address = platform.address(service);
        for case in cases() {
            let request = String::from_utf8(case.request.clone()).expect("text");
            let request = request.replacen("{command}", command, 1);
            wrong.extend(verdict(&case, service, &ask(&address, request.as_bytes())));
        }
        for (_, case) in cases_of_one().iter().filter(|(known, _)| *known == service) {
            let request = String::from_utf8(case.request.clone()).expect("text");
            let request = request.replacen("{command}", command, 1);
            wrong.extend(verdict(case, service, &ask(&address, request.as_bytes())));
        }
    }
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

#[test]
fn every_client_that_closes_its_half_is_answered_through_the_proxy_too() {
    let platform = Platform::up("microservices");
    for (service, _) in SERVICES {
        // `ask` closes its half as soon as the request is sent; the address is that of the service's proxy.
        let answer = ask(&platform.address(service), get("/health/live").as_bytes());
        assert_eq!(answer.status, 200, "{service}: {answer:?}");
    }
}
