//! `seam up -d`, `ps`, `logs`, `restart` and `down`.

use std::process::{Command, Output};

use rustix::process::Signal;
use serde_json::Value;

use crate::seam::{PYTHON, Seam, Shop, get, node, until};

fn seam(shop: &Shop, args: &[&str]) -> Output {
    let mut command = Command::new(env!("CARGO_BIN_EXE_seam"));
    command.args(args).current_dir(shop.folder.path()).output().unwrap()
}

fn text(bytes: &[u8]) -> String {
    String::from_utf8(bytes.to_vec()).unwrap()
}

/// What `seam ps --json` says of the nodes of the only topology that is up.
fn nodes(shop: &Shop) -> Value {
    let said: Value = serde_json::from_slice(&seam(shop, &["ps", "--json"]).stdout).unwrap();
    assert_eq!(said.as_array().unwrap().len(), 1, "{said}");
    said[0]["up"].clone()
}

fn shop() -> Shop {
    Shop::new(&format!(
        r#"
        name = "shop"
        [node.web]
        command = {PYTHON}
        ready = {{ http = "/" }}
        [node.clock]
        command = ["sh", "-c", "echo tick; exec sleep 600"]
        ports = []
        ready = {{ log = "tick" }}
        "#
    ))
}

#[test]
fn a_detached_topology_is_listed_restarted_and_taken_down_by_other_commands() {
    let shop = shop();
    let mut up = Seam::start(shop.folder.path(), &["up", "shop.toml", "-d"]);
    let (status, said) = up.ended();
    assert_eq!(status.code(), Some(0), "{said}");
    assert!(said.contains("shop is up; `seam down` stops it"), "{said}");

    let before = nodes(&shop);
    let web = node(&before, "web");
    let at = web["addresses"]["main"].as_str().unwrap().parse().unwrap();
    assert_eq!(get(at, "/").as_deref(), Some("HTTP/1.0 200 OK"));
    let table = text(&seam(&shop, &["ps"]).stdout);
    assert!(
        table.contains("web") && table.contains("clock") && table.contains("ready"),
        "{table}"
    );

    let restarted = seam(&shop, &["restart", "web"]);
    assert_eq!(restarted.status.code(), Some(0), "{}", text(&restarted.stderr));
    assert_ne!(node(&nodes(&shop), "web")["pid"], web["pid"]);
    assert_eq!(get(at, "/").as_deref(), Some("HTTP/1.0 200 OK"), "at the same address");
    let unknown = seam(&shop, &["restart", "wep"]);
    assert_eq!(unknown.status.code(), Some(2));
    assert!(text(&unknown.stderr).contains("no node is called 'wep'; the nodes are web, clock"));

    let down = seam(&shop, &["down"]);
    assert_eq!(down.status.code(), Some(0), "{}", text(&down.stderr));
    up.assert_nothing_is_left();
    assert_eq!(shop.runs(), 0);
    assert_eq!(text(&seam(&shop, &["ps", "--json"]).stdout), "[]\n");
    let down = seam(&shop, &["down", "--topology", "shop"]);
    assert_eq!(down.status.code(), Some(2));
    assert!(text(&down.stderr).contains("nothing is up here"));
}

#[test]
fn a_detached_topology_that_does_not_come_up_says_why_with_the_same_exit_code() {
    let shop = Shop::new("name = 's'\n[node.web]\ncommand = ['sh', '-c', 'echo no disk; exit 3']");
    let mut up = Seam::start(shop.folder.path(), &["up", "shop.toml", "--detach"]);
    let (status, said) = up.ended();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("node 'web' ended before it was ready (exit status 3)") && said.contains("no disk"),
        "{said}"
    );
    up.assert_nothing_is_left();
}

#[test]
fn logs_are_shown_by_node_and_followed_to_the_end() {
    let shop = shop();
    let mut up = shop.up(&["--json"]);
    up.ready();
    assert_eq!(text(&seam(&shop, &["logs", "clock"]).stdout), "tick\n");
    let all = until(|| {
        let all = text(&seam(&shop, &["logs"]).stdout);
        all.contains("web | ").then_some(all)
    });
    assert!(all.contains("clock | tick\n"), "{all}");
    let unknown = seam(&shop, &["logs", "clokc"]);
    assert_eq!(unknown.status.code(), Some(2), "{}", text(&unknown.stderr));

    let mut follow = Seam::start(shop.folder.path(), &["logs", "-f", "clock"]);
    assert_eq!(follow.line(), "tick");
    seam(&shop, &["restart", "clock"]);
    assert_eq!(follow.line(), "tick", "of the second life");
    up.signal(Signal::INT);
    up.ended();
    assert_eq!(follow.ended().0.code(), Some(0), "it ends with the topology");
}
