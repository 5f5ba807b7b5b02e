//! Nodes that are no servers: workers without a port, and programs that run once.

use std::fs;

use rustix::process::Signal;

use crate::seam::{PYTHON, Shop, address, get, node, refused, until};

#[test]
fn a_worker_needs_no_port_and_calls_what_it_is_linked_to() {
    let shop = Shop::new(&format!(
        r#"
        name = "shop"
        [node.store]
        command = {PYTHON}
        [node.worker]
        command = ["sh", "-c", "echo asks $STORE > called; exec sleep 600"]
        ports = []
        env = {{ STORE = "${{link.store}}" }}
        needs = ["store"]
        "#
    ));
    let mut seam = shop.up(&["--json"]);

    let ready = seam.ready();
    let worker = node(&ready, "worker");
    assert_eq!(
        (worker["state"].as_str(), worker["address"].as_str()),
        (Some("ready"), None)
    );
    assert!(worker["pid"].is_u64());
    let called = shop.folder.path().join("called");
    let called = until(|| fs::read_to_string(&called).ok().filter(|text| text.ends_with('\n')));
    assert!(called.starts_with("asks 127.0.0.1:"), "{called}");

    seam.signal(Signal::INT);
    assert_eq!(seam.ended().0.code(), Some(0));
    seam.assert_nothing_is_left();
}

#[test]
fn a_program_that_runs_once_has_ended_before_what_needs_it_starts() {
    // The server fails unless the migration has been there; a slow migration makes a start too early show.
    let shop = Shop::new(
        r#"
        name = "shop"
        [node.migrate]
        command = ["python3", "-c", "import time; time.sleep(0.3); open('schema', 'w').close()"]
        once = true
        [node.web]
        command = ["sh", "-c", "test -e schema && exec python3 -m http.server --bind 127.0.0.1 ${port}"]
        needs = ["migrate"]
        ready = { http = "/schema" }
        "#,
    );
    let mut seam = shop.up(&["--json"]);

    let ready = seam.ready();
    let migrate = node(&ready, "migrate");
    assert_eq!(
        (migrate["state"].as_str(), migrate["pid"].as_u64()),
        (Some("done"), None)
    );
    assert_eq!(
        get(address(node(&ready, "web")), "/schema").as_deref(),
        Some("HTTP/1.0 200 OK")
    );
    seam.signal(Signal::INT);
    let (status, said) = seam.ended();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("migrate: done after "), "{said}");
    assert_eq!(shop.runs(), 0, "a program that ended as it should is no death");
}

#[test]
fn a_program_that_runs_once_and_fails_is_said_with_its_last_lines_and_nothing_starts_after_it() {
    let folder = tempfile::tempdir().unwrap();
    let witness = folder.path().join("started");
    let (code, said) = refused(&format!(
        r#"
        name = "shop"
        [node.migrate]
        command = ["sh", "-c", "echo adding a column; echo no such table: orders >&2; exit 4"]
        once = true
        [node.web]
        command = ["touch", "{}"]
        needs = ["migrate"]
        "#,
        witness.display()
    ));

    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("node 'migrate' runs once and failed (exit status 4); what needs it was not started"),
        "{said}"
    );
    assert!(
        said.contains("\n    adding a column\n    no such table: orders\n"),
        "{said}"
    );
    assert!(!witness.exists());
}

#[test]
fn a_program_that_runs_once_and_does_not_end_is_named_with_its_limit() {
    let (code, said) =
        refused("name = 's'\n[node.migrate]\ncommand = ['sleep', '600']\nonce = true\nready = { within_ms = 300 }");

    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'migrate' was not ready after 0.30 s")
            && said.contains("an end with status 0: it still runs"),
        "{said}"
    );
}
