//! Restarts, ends, instances, and data that outlives a run.

use std::{collections::BTreeSet, fs, net::SocketAddr};

use rustix::process::{Pid, Signal, kill_process};
use serde_json::Value;

use crate::seam::{Shop, address, get, node, refused, until};

/// A server that answers each request with the name it was given.
const NAMED: &str = r#"["python3", "-c", """
import os, socket
listener = socket.create_server(('127.0.0.1', ${port}))
while True:
    peer = listener.accept()[0]
    peer.recv(1000)
    peer.sendall(('HTTP/1.0 200 ' + os.environ['NAME'] + '\\r\\n\\r\\n').encode())
    peer.close()
"""]"#;

fn kill(node: &Value) {
    let pid = i32::try_from(node["pid"].as_u64().unwrap()).unwrap();
    kill_process(Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
}

#[test]
fn a_node_that_fails_comes_back_as_often_as_it_may() {
    let shop = Shop::new(&format!(
        "name = 's'\n[node.web]\ncommand = {NAMED}\nenv = {{ NAME = 'web' }}\n\
         restart = {{ on_failure = 2, backoff_ms = 20 }}"
    ));
    let mut seam = shop.up(&["--json"]);
    let mut web = node(&seam.ready(), "web").clone();
    let at: SocketAddr = address(&web);

    for _ in 0..2 {
        let before = web["pid"].clone();
        kill(&web);
        // A short death may fall between two looks at the states; that another process is ready does not.
        web = seam.wait_for(|line| line["name"] == "web" && line["state"] == "ready" && line["pid"] != before);
        assert_eq!(get(at, "/").as_deref(), Some("HTTP/1.0 200 web"));
    }
    kill(&web);
    let died = seam.died("web");
    assert_eq!(died["how"], "signal 9, SIGKILL");
    seam.signal(Signal::INT);
    seam.ended();
    seam.assert_nothing_is_left();
}

#[test]
fn a_start_that_fails_is_tried_again_and_said_when_there_are_no_more_tries() {
    let shop = Shop::new(
        r#"
        name = "s"
        [node.migrate]
        command = ["sh", "-c", "echo try >> tries; test $(wc -l < tries) -ge 3"]
        once = true
        restart = { on_failure = 5, backoff_ms = 10 }
        "#,
    );
    let mut seam = shop.up(&["--json"]);
    assert_eq!(node(&seam.ready(), "migrate")["state"], "done");
    seam.signal(Signal::INT);
    assert_eq!(seam.ended().0.code(), Some(0));
    let tries = fs::read_to_string(shop.folder.path().join("tries")).unwrap();
    assert_eq!(tries.lines().count(), 3);

    let (code, said) = refused(
        "name = 's'\n[node.web]\ncommand = ['sh', '-c', 'echo no luck; exit 9']\n\
         restart = { on_failure = 2, backoff_ms = 10 }",
    );
    assert_eq!(code, Some(1), "{said}");
    assert!(
        said.contains("node 'web' ended before it was ready (exit status 9)"),
        "{said}"
    );
    assert!(
        said.contains("    no luck\n    no luck\n    no luck\n  the whole log"),
        "three starts: {said}"
    );
}

#[test]
fn a_node_is_asked_to_end_by_its_own_signal_within_its_own_time() {
    let trap = |signal: &str, then: &str| {
        format!("trap 'echo {signal} >> ended; {then}' {signal}; echo up; while :; do sleep 0.05; done")
    };
    let shop = Shop::new(&format!(
        r#"
        name = "s"
        [node.polite]
        command = ["sh", "-c", "{}"]
        ports = []
        ready = {{ log = "up" }}
        stop = {{ signal = "INT" }}
        [node.deaf]
        command = ["sh", "-c", "{}"]
        ports = []
        ready = {{ log = "up" }}
        stop = {{ signal = "SIGUSR1", within_ms = 300 }}
        "#,
        trap("INT", "exit 0"),
        trap("USR1", "true")
    ));
    let mut seam = shop.up(&["--json"]);
    seam.ready();
    seam.signal(Signal::TERM);
    assert_eq!(seam.ended().0.code(), Some(0));
    seam.assert_nothing_is_left();
    let ended = fs::read_to_string(shop.folder.path().join("ended")).unwrap();
    let ended: BTreeSet<&str> = ended.lines().collect();
    assert_eq!(ended, BTreeSet::from(["INT", "USR1"]));
}

#[test]
fn instances_take_turns_behind_one_address_and_a_dead_one_is_left_out() {
    let shop = Shop::new(&format!(
        r#"
        name = "s"
        [node.web]
        command = {NAMED}
        env = {{ NAME = "${{node}}-${{instance}}" }}
        instances = 2
        [node.caller]
        command = ["sh", "-c", "echo $WEB > linked; exec sleep 600"]
        ports = []
        env = {{ WEB = "${{link.web}}" }}
        needs = ["web"]
        "#
    ));
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    let (first, second) = (node(&ready, "web-1"), node(&ready, "web-2"));
    assert_eq!(first["address"], second["address"]);
    assert_ne!(first["pid"], second["pid"]);
    let linked = shop.folder.path().join("linked");
    let linked = until(|| fs::read_to_string(&linked).ok().filter(|text| text.ends_with('\n')));
    let link: SocketAddr = linked.trim_end().parse().unwrap();
    assert_ne!(link, address(first), "a caller has a way of its own");

    for at in [link, address(first)] {
        let answers: BTreeSet<String> = (0..4).filter_map(|_| get(at, "/")).collect();
        let both = ["HTTP/1.0 200 web-1-1", "HTTP/1.0 200 web-2-2"];
        assert_eq!(answers, BTreeSet::from(both.map(str::to_owned)));
    }
    kill(first);
    seam.died("web-1");
    for _ in 0..4 {
        assert_eq!(get(link, "/").as_deref(), Some("HTTP/1.0 200 web-2-2"));
    }
    seam.signal(Signal::INT);
    seam.ended();
    seam.assert_nothing_is_left();
}

#[test]
fn named_data_outlives_the_run_and_belongs_to_one_run_at_a_time() {
    let shop = Shop::new(
        r#"
        name = "s"
        [node.store]
        command = ["sh", "-c", "echo run >> ${data}/kept; wc -l < ${data}/kept; echo up; exec sleep 600"]
        ports = []
        ready = { log = "up" }
        data = "shop-store"
        "#,
    );
    for _ in 0..2 {
        let mut seam = shop.up(&["--json"]);
        seam.ready();
        let mut other = shop.up(&["--json"]);
        let (status, said) = other.ended();
        assert_eq!(status.code(), Some(2), "{said}");
        assert!(
            said.contains("data 'shop-store' of node 'store' is in use by another run"),
            "{said}"
        );
        seam.signal(Signal::INT);
        assert_eq!(seam.ended().0.code(), Some(0));
    }
    let kept = fs::read_to_string(shop.folder.path().join(".seam/data/shop-store/kept")).unwrap();
    assert_eq!(kept, "run\nrun\n");
    assert_eq!(shop.runs(), 0, "the rest goes with its run");
}
