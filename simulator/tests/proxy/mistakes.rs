//! Requests that are refused, with what to do, and change nothing.

use std::{
    net::TcpListener,
    process::{Command, Output, Stdio},
    sync::mpsc::{self, RecvTimeoutError},
    thread,
};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::{Value, json};

use crate::fixture::{LIMIT, Server, echo};

/// Requests for the proxy `echo` with a toxic `late`, whose toxics are at TOXICS: the body, the status of the refusal,
/// and its words.
const REFUSED: &[(&str, &str, u16, &str)] = &[
    ("POST /proxies", r#""#, 400, r#"bad request body: it is empty"#),
    ("POST /proxies", r#"[]"#, 400, r#"the proxy is [], wanted an object"#),
    (
        "POST /proxies",
        r#"{"upstream": "a:1"}"#,
        400,
        r#"missing required field: name"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x"}"#,
        400,
        r#"missing required field: upstream"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x", "upstream": "redis"}"#,
        400,
        r#"wanted host:port"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x", "upstream": "a:1", "upsteam": 1}"#,
        400,
        r#"unknown field "upsteam"; it may have ["name""#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x", "upstream": "a:1", "enabled": 1}"#,
        400,
        r#"wanted true or false"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x", "upstream": "a:1", "toxics": [1]}"#,
        400,
        r#"add each with POST"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "x", "upstream": "a:1", "listen": "nowhere"}"#,
        500,
        r#"port 0 takes"#,
    ),
    (
        "POST /proxies",
        r#"{"name": "echo", "upstream": "a:1"}"#,
        409,
        r#"proxy already exists: "echo" listens"#,
    ),
    (
        "GET /proxies/eco",
        r#""#,
        404,
        r#"proxy not found: no proxy is called "eco"; there are ["echo"]"#,
    ),
    ("POST /proxies/eco", r#"{}"#, 404, r#"proxy not found"#),
    ("DELETE /proxies/eco", r#""#, 404, r#"proxy not found"#),
    (
        "POST /proxies/echo",
        r#"{"name": "x"}"#,
        400,
        r#"can't become "x"; delete it"#,
    ),
    (
        "POST /proxies/echo",
        r#"{"enable": false}"#,
        400,
        r#"unknown field "enable""#,
    ),
    ("POST /populate", r#"{"name": "x"}"#, 400, r#"wanted a list of proxies"#),
    (
        "POST /populate",
        r#"[{"name": "x"}]"#,
        400,
        r#"upstream of proxy 1 of the list"#,
    ),
    (
        "POST /populate",
        r#"[{"name": "x", "upstream": "a:1"}, {"name": "x", "upstream": "a:1"}]"#,
        400,
        r#"two proxies of the list are called "x""#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "lateness"}"#,
        400,
        r#"invalid toxic type: "lateness"; wanted one of"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "down"}"#,
        400,
        r#"set its "enabled" to false"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "latency", "stream": "up"}"#,
        400,
        r#"stream was invalid, can be either"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "latency", "attributes": {"latncy": 1}}"#,
        400,
        r#"unknown field "latncy"; it may have ["latency""#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "latency", "attributes": {"latency": -1}}"#,
        400,
        r#"is -1, wanted a whole number from 0 on"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "latency", "attributes": {"latency": 3600001}}"#,
        400,
        r#""latency" of latency toxic"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "slicer"}"#,
        400,
        r#""average_size" of slicer toxic "slicer_downstream" is 0, wanted 1 to"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "timeout", "toxicity": 1.5}"#,
        400,
        r#"wanted a number from 0 to 1"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "timeout", "NAME": "a", "name": "b"}"#,
        400,
        r#"twice"#,
    ),
    (
        "POST TOXICS",
        r#"{"type": "timeout", "name": "late"}"#,
        409,
        r#"toxic already exists"#,
    ),
    (
        "GET TOXICS/lat",
        r#""#,
        404,
        r#"toxic not found: proxy "echo" has no toxic "lat""#,
    ),
    ("DELETE TOXICS/lat", r#""#, 404, r#"it has ["late"]"#),
    (
        "POST TOXICS/late",
        r#"{"type": "timeout"}"#,
        400,
        r#"can't become "timeout"; delete it and add another"#,
    ),
    (
        "PATCH TOXICS/late",
        r#"{"attributes": {"latency": "1"}}"#,
        400,
        r#"wanted a whole number"#,
    ),
    (
        "POST /v1/proxies/echo/faults",
        r#"{"name": "f", "does": {"violate_schema": {}}}"#,
        400,
        r#"needs the OpenAPI document of the upstream, which this link has not; PUT it to /v1/proxies/echo/openapi"#,
    ),
    (
        "PUT /v1/proxies/echo/openapi",
        r#"{"swagger": "2.0"}"#,
        400,
        r#"`openapi` is null, wanted a version such as "3.1.0""#,
    ),
    ("PUT /v1/proxies/eco/openapi", r#"{}"#, 404, r#"proxy not found"#),
    ("GET /v1/proxies/echo/record?last=all", r#""#, 400, r#"bad query: "#),
    (
        "GET /toxics",
        r#""#,
        404,
        r#"there is no endpoint "/toxics"; all are described at"#,
    ),
    ("PUT /proxies/echo", r#"{}"#, 405, r#"has no method PUT"#),
];

#[test]
fn a_mistake_is_refused_with_what_to_do_and_changes_nothing() {
    let server = Server::new();
    server.create("echo", echo());
    server.add(json!({ "type": "latency", "name": "late", "attributes": { "latency": 5 } }));
    let before = server.get("/proxies");
    for (line, body, status, said) in REFUSED {
        let (method, path) = line.split_once(' ').unwrap();
        let path = path.replace("TOXICS", "/proxies/echo/toxics");
        let (seen, answer) = server.ask_as(method, &path, "", body);
        assert_eq!(seen, *status, "{line} {body}: {answer}");
        let answer: Value = serde_json::from_str(&answer).unwrap();
        assert_eq!(answer["status"], json!(status));
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(said), "{line} {body}: {error}");
        assert_eq!(server.get("/proxies"), before, "{line} {body}");
    }
}

#[test]
fn a_body_that_is_no_json_and_a_browser_are_refused() {
    let server = Server::new();
    let (status, said) = server.ask_as("POST", "/proxies", "", "{");
    assert_eq!(status, 400, "{said}");
    let (status, said) = server.ask_as("GET", "/proxies", "user-agent: Mozilla/5.0 (X11)\r\n", "");
    assert_eq!(status, 403);
    assert!(said.contains("User agent not allowed"), "{said}");
}

/// Runs `seam proxy` to its end, and kills it at the deadline.
fn proxy(args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command
        .arg("proxy")
        .args(args)
        .stdout(Stdio::piped())
        .stderr(Stdio::piped());
    let child = command.spawn().unwrap();
    let pid = Pid::from_child(&child);
    let (ended, waits) = mpsc::channel::<()>();
    thread::spawn(move || {
        if waits.recv_timeout(LIMIT) == Err(RecvTimeoutError::Timeout) {
            let _ = kill_process(pid, Signal::KILL);
        }
    });
    let output = child.wait_with_output().unwrap();
    drop(ended);
    output
}

#[test]
fn what_can_not_be_served_from_the_beginning_is_exit_code_2() {
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, text: &str| {
        let file = folder.path().join(name);
        std::fs::write(&file, text).unwrap();
        file.to_str().unwrap().to_owned()
    };
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    let one = file("one", r#"[{ "name": "a", "upstream": "b:1" }]"#);
    let described = |proxy: &str, name: &str, text: &str| format!("{proxy}={}", file(name, text));
    let other = described("b", "other", r#"{ "openapi": "3.1.0" }"#);
    let pathless = described("a", "pathless", r#"{ "openapi": "3.1.0" }"#);
    let listens = format!(r#"[{{ "name": "a", "upstream": "b:1", "listen": "127.0.0.1:{port}" }}]"#);
    for (args, said) in [
        (vec!["--port", &port], "give a free address with --host and --port"),
        (
            vec!["--port", "0", "--config", "nowhere.json"],
            "nowhere.json: No such file",
        ),
        (vec!["--port", "0", "--config", &file("a", "[")], "EOF while parsing"),
        (
            vec!["--port", "0", "--config", &file("b", r#"[{ "name": "a" }]"#)],
            "upstream of proxy 1 of the list",
        ),
        (
            vec!["--port", "0", "--config", &file("c", &listens)],
            "choose another, or port 0",
        ),
        (
            vec!["--port", "0", "--openapi", &other],
            "required arguments were not provided",
        ),
        (
            vec!["--port", "0", "--config", &one, "--openapi", "a"],
            "wanted PROXY=FILE, such as",
        ),
        (
            vec!["--port", "0", "--config", &one, "--openapi", "a=nowhere.json"],
            "nowhere.json: No such file",
        ),
        (
            vec!["--port", "0", "--config", &one, "--openapi", &other],
            r#"no proxy is called "b"; there are ["a"]"#,
        ),
        (
            vec!["--port", "0", "--config", &one, "--openapi", &pathless],
            "pathless: bad request body: it is no OpenAPI document that can be used: `paths` is null",
        ),
    ] {
        let output = proxy(&args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(said), "{args:?}: {error}");
        assert!(output.stdout.is_empty());
    }
}
