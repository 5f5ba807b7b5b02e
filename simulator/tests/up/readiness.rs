//! Nodes that are ready by a status, a line of their log, or a command; and the time they have for it.

use rustix::process::Signal;

use crate::seam::{PYTHON, Shop, node, refused};

/// Brings a topology up and takes it down again, and returns what it said on the way.
fn comes_up(topology: &str) -> String {
    let shop = Shop::new(topology);
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    assert_eq!(node(&ready, "web")["state"], "ready");
    seam.signal(Signal::INT);
    let (status, said) = seam.ended();
    assert_eq!(status.code(), Some(0), "{said}");
    seam.assert_nothing_is_left();
    said
}

#[test]
fn a_status_other_than_success_may_be_the_wanted_one() {
    let asking = |status: &str| {
        format!(
            "name = 's'\n[node.web]\ncommand = {PYTHON}\n\
             ready = {{ http = '/no', status = {status}, within_ms = 4000 }}"
        )
    };
    comes_up(&asking("404"));
    comes_up(&asking("[200, 404]"));

    let (code, said) = refused(&asking("[204, 401]").replace("4000", "900"));
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'web' was not ready after 0.90 s")
            && said.contains("GET /no, wanted 204 or 401: HTTP/1.0 404"),
        "{said}"
    );
}

#[test]
fn a_node_on_the_other_loopback_is_told_so() {
    if std::net::TcpListener::bind("[::1]:0").is_err() {
        // This machine has no IPv6, and nobody could listen there.
        return;
    }
    let python = PYTHON.replace("127.0.0.1", "::1");
    for ready in ["{ tcp = true, within_ms = 2000 }", "{ http = '/', within_ms = 2000 }"] {
        let (code, said) = refused(&format!("name = 's'\n[node.web]\ncommand = {python}\nready = {ready}"));

        assert_eq!(code, Some(1), "{said}");
        assert!(
            said.contains("; it listens on [::1]:") && said.contains(" alone, and links lead to 127.0.0.1:"),
            "{said}"
        );
    }
}

#[test]
fn a_line_of_the_log_says_that_a_node_is_ready() {
    comes_up(
        "name = 's'\n[node.web]\nports = []\nready = { log = '^listening for job [0-9]+$' }\n\
         command = ['sh', '-c', 'echo listening soon; sleep 0.2; echo listening for job 7 >&2; exec sleep 600']",
    );

    let (code, said) = refused(
        "name = 's'\n[node.web]\nports = []\nready = { log = 'open .* business', within_ms = 700 }\n\
         command = ['sh', '-c', 'echo opening; echo not open yet; exec sleep 600']",
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'web' was not ready after 0.70 s")
            && said.contains("a line of its log that matches 'open .* business': it printed last: not open yet"),
        "{said}"
    );
}

#[test]
fn a_command_says_that_a_node_is_ready() {
    // It runs where the node runs, with its environment.
    comes_up(
        r#"
        name = "s"
        [node.web]
        command = ["sh", "-c", "sleep 0.2; touch ${data}/$NAME; exec sleep 600"]
        env = { NAME = "open" }
        ports = []
        ready = { command = ["sh", "-c", "test -e shop.toml && test -e ${data}/$NAME"] }
        "#,
    );

    let (code, said) = refused(
        r#"
        name = "s"
        [node.web]
        command = ["sleep", "600"]
        ports = []
        ready = { command = ["sh", "-c", "echo no leader elected; exit 3"], within_ms = 600 }
        "#,
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'web' was not ready after 0.60 s")
            && said.contains("the command of its `ready`: exit status 3; it said: no leader elected"),
        "{said}"
    );
}

#[test]
fn a_check_that_hangs_is_ended_with_the_time_of_its_node() {
    let (code, said) = refused(
        "name = 's'\n[node.web]\ncommand = ['sleep', '600']\nports = []\n\
         ready = { command = ['sleep', '600'], within_ms = 400 }",
    );

    assert_eq!(code, Some(1), "{said}");
    assert!(said.contains("the command of its `ready`: nothing yet"), "{said}");
}

#[test]
fn a_check_whose_program_is_missing_is_named_before_anything_is_waited_for() {
    let (code, said) = refused(
        "name = 's'\n[node.web]\ncommand = ['sleep', '600']\nports = []\nready = { command = ['no-such-check'] }",
    );

    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("node 'web' runs 'no-such-check', and there is no such program in PATH"),
        "{said}"
    );
}
