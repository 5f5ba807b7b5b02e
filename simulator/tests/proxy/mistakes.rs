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

/// Requests for the proxy `echo` with a toxic `late`, the status of their refusal, and what it says.
fn refused() -> Vec<(&'static str, &'static str, Value, u16, &'static str)> {
    let latency = |attributes: Value| json!({ "type": "latency", "attributes": attributes });
    let (toxics, late) = ("/proxies/echo/toxics", "/proxies/echo/toxics/late");
    vec![
        ("POST", "/proxies", Value::Null, 400, "bad request body: it is empty"),
        ("POST", "/proxies", json!([]), 400, "the proxy is [], wanted an object"),
        (
            "POST",
            "/proxies",
            json!({ "upstream": "a:1" }),
            400,
            "missing required field: name",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x" }),
            400,
            "missing required field: upstream",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x", "upstream": "redis" }),
            400,
            "wanted host:port",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x", "upstream": "a:1", "upsteam": "a:1" }),
            400,
            "unknown field \"upsteam\"; it may have [\"name\"",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x", "upstream": "a:1", "enabled": 1 }),
            400,
            "wanted true or false",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x", "upstream": "a:1", "toxics": [1] }),
            400,
            "add each with POST",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "x", "upstream": "a:1", "listen": "nowhere" }),
            500,
            "port 0 takes",
        ),
        (
            "POST",
            "/proxies",
            json!({ "name": "echo", "upstream": "a:1" }),
            409,
            "proxy already exists: \"echo\" listens",
        ),
        (
            "GET",
            "/proxies/eco",
            Value::Null,
            404,
            "proxy not found: no proxy is called \"eco\"; there are [\"echo\"]",
        ),
        ("POST", "/proxies/eco", json!({}), 404, "proxy not found"),
        ("DELETE", "/proxies/eco", Value::Null, 404, "proxy not found"),
        (
            "POST",
            "/proxies/echo",
            json!({ "name": "x" }),
            400,
            "can't become \"x\"; delete it",
        ),
        (
            "POST",
            "/proxies/echo",
            json!({ "enable": false }),
            400,
            "unknown field \"enable\"",
        ),
        (
            "POST",
            "/populate",
            json!({ "name": "x" }),
            400,
            "wanted a list of proxies",
        ),
        (
            "POST",
            "/populate",
            json!([{ "name": "x" }]),
            400,
            "upstream of proxy 1 of the list",
        ),
        (
            "POST",
            "/populate",
            json!([{ "name": "x", "upstream": "a:1" }, { "name": "x", "upstream": "a:1" }]),
            400,
            "two proxies of the list are called \"x\"",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "lateness" }),
            400,
            "invalid toxic type: \"lateness\"; wanted one of",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "down" }),
            400,
            "set its \"enabled\" to false",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "latency", "stream": "up" }),
            400,
            "stream was invalid, can be either",
        ),
        (
            "POST",
            toxics,
            latency(json!({ "latncy": 1 })),
            400,
            "unknown field \"latncy\"; it may have [\"latency\"",
        ),
        (
            "POST",
            toxics,
            latency(json!({ "latency": -1 })),
            400,
            "is -1, wanted a whole number from 0 on",
        ),
        (
            "POST",
            toxics,
            latency(json!({ "latency": 3_600_001 })),
            400,
            "\"latency\" of latency toxic",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "slicer" }),
            400,
            "\"average_size\" of slicer toxic \"slicer_downstream\" is 0, wanted 1 to",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "timeout", "toxicity": 1.5 }),
            400,
            "wanted a number from 0 to 1",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "timeout", "NAME": "a", "name": "b" }),
            400,
            "twice",
        ),
        (
            "POST",
            toxics,
            json!({ "type": "timeout", "name": "late" }),
            409,
            "toxic already exists",
        ),
        (
            "GET",
            "/proxies/echo/toxics/lat",
            Value::Null,
            404,
            "toxic not found: proxy \"echo\" has no toxic \"lat\"",
        ),
        (
            "DELETE",
            "/proxies/echo/toxics/lat",
            Value::Null,
            404,
            "it has [\"late\"]",
        ),
        (
            "POST",
            late,
            json!({ "type": "timeout" }),
            400,
            "can't become \"timeout\"; delete it and add another",
        ),
        (
            "PATCH",
            late,
            json!({ "attributes": { "latency": "1" } }),
            400,
            "wanted a whole number",
        ),
        (
            "GET",
            "/v1/proxies/echo/record?last=all",
            Value::Null,
            400,
            "bad query: ",
        ),
        (
            "GET",
            "/toxics",
            Value::Null,
            404,
            "there is no endpoint \"/toxics\"; all are described at",
        ),
        ("PUT", "/proxies/echo", json!({}), 405, "has no method PUT"),
    ]
}

#[test]
fn a_mistake_is_refused_with_what_to_do_and_changes_nothing() {
    let server = Server::new();
    server.create("echo", echo());
    server.add(json!({ "type": "latency", "name": "late", "attributes": { "latency": 5 } }));
    let before = server.get("/proxies");
    let cases = refused();
    assert!(cases.len() > 30);
    for (method, path, body, status, said) in cases {
        let (seen, answer) = server.ask(method, path, body.clone());
        assert_eq!(seen, status, "{method} {path} {body}: {answer}");
        assert_eq!(answer["status"], json!(status));
        let error = answer["error"].as_str().unwrap();
        assert!(error.contains(said), "{method} {path} {body}: {error}");
        assert_eq!(server.get("/proxies"), before, "{method} {path} {body}");
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
    ] {
        let output = proxy(&args);
        let error = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{args:?}: {error}");
        assert!(error.contains(said), "{args:?}: {error}");
        assert!(output.stdout.is_empty());
    }
}
