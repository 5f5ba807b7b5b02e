use std::{fs, net::SocketAddr, os::unix::fs::PermissionsExt, path::Path, sync::Mutex, time::Duration};

use rustix::process::Signal;
use simulator::{
    backend::{Event, Folder, NodeState, Options, up},
    progress::{Progress, Silent},
    topology::{Endpoint, Topology},
};

use crate::seam::{PYTHON, Shop, address, get, node, until};

pub(crate) fn two_servers() -> Shop {
    Shop::new(&format!(
        r#"
        name = "shop"
        [node.store]
        command = {PYTHON}
        ready = {{ http = "/" }}
        [node.web]
        command = {PYTHON}
        needs = ["store"]
        env = {{ STORE = "${{link.store}}" }}
        "#
    ))
}

pub(crate) fn options() -> Options {
    Options {
        seam: Some(env!("CARGO_BIN_EXE_seam").into()),
        grace: Duration::from_millis(500),
        ..Options::default()
    }
}

#[test]
fn somebody_elses_programs_come_up_and_go_down() {
    let shop = two_servers();
    let mut seam = shop.up(&["--json"]);

    let ready = seam.ready();
    let store = node(&ready, "store");
    assert_eq!(
        (ready["topology"].as_str(), store["state"].as_str()),
        (Some("shop"), Some("ready"))
    );
    assert!(ready["ready_in_ms"].as_u64().unwrap() > 0 && store["pid"].is_u64());
    assert_eq!(get(address(store), "/shop.toml").as_deref(), Some("HTTP/1.0 200 OK"));
    seam.signal(Signal::INT);
    let (status, _) = seam.ended();

    assert_eq!(status.code(), Some(0));
    seam.assert_nothing_is_left();
    assert_eq!(shop.runs(), 0, "the folder of a run that went well is removed");
}

#[test]
fn what_is_kept_on_request_is_kept_for_its_owner() {
    let shop = two_servers();
    let mut seam = shop.up(&["--json", "--keep"]);
    let ready = seam.ready();

    seam.signal(Signal::TERM);

    assert_eq!(seam.ended().0.code(), Some(0));
    assert_eq!(shop.runs(), 1);
    let folder = Path::new(ready["folder"].as_str().unwrap());
    for (path, mode) in [
        ("", 0o700),
        ("logs", 0o700),
        ("data", 0o700),
        ("data/store", 0o700),
        ("logs/store.log", 0o600),
    ] {
        let kept = folder.join(path).metadata().unwrap();
        assert_eq!(kept.permissions().mode() & 0o777, mode, "{path}");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_found_at_the_same_address_after_it_was_killed_and_restarted() {
    let shop = two_servers();
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let address: SocketAddr = running.address("store").unwrap();
    let first = running.nodes()[0].pid.unwrap();

    running.kill("store").await.unwrap();
    let killed = running.nodes()[0].state.clone();
    let meanwhile = get(address, "/");
    running.restart("store").await.unwrap();

    assert_eq!(killed, NodeState::Killed);
    assert_eq!(meanwhile.unwrap_or_default(), "", "nobody answers for a dead node");
    assert_eq!(get(address, "/").as_deref(), Some("HTTP/1.0 200 OK"));
    assert_ne!(running.nodes()[0].pid.unwrap(), first);
    assert_eq!(
        running.nodes()[0].requests,
        1,
        "asked once while somebody was there to hear it"
    );
    assert!(
        running
            .kill("nobody")
            .await
            .unwrap_err()
            .to_string()
            .contains("the nodes are store, web")
    );
    running.down(Folder::Remove).await;
    assert!(running.nodes().iter().all(|node| node.pid.is_none()));
}

#[derive(Default)]
struct Diary(Mutex<Vec<String>>);

impl Progress<Event> for Diary {
    fn report(&self, event: &Event) {
        let entry = match event {
            Event::Started { node, .. } => format!("{node} started"),
            Event::Ready { node, .. } => format!("{node} ready"),
            _ => return,
        };
        self.0.lock().unwrap().push(entry);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_starts_when_what_it_needs_is_ready_and_not_before() {
    let shop = two_servers();
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let diary = Diary::default();

    let running = up(&topology, &options(), &diary).await.unwrap();

    assert_eq!(
        *diary.0.lock().unwrap(),
        ["store started", "store ready", "web started", "web ready"]
    );
    running.down(Folder::Remove).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_port_was_taken_by_another_is_started_on_a_free_one() {
    // The first time it leaves a stranger behind that holds the port for a while, and fails as if the stranger had been
    // quicker.
    let shop = Shop::new(
        r#"
        name = "shop"
        [node.unlucky]
        command = ["python3", "-c", """
import os, socket, sys, time
listener = socket.create_server(('127.0.0.1', ${port}))
if not os.path.exists('${data}/again'):
    open('${data}/again', 'w').close()
    if os.fork() == 0:
        os.setsid()
        open('${data}/stranger', 'w').close()
        time.sleep(2)
        os._exit(0)
    while not os.path.exists('${data}/stranger'): pass
    sys.exit('address already in use')
while True: listener.accept()[0].sendall(b'HTTP/1.0 204 fine\\r\\n\\r\\n')
"""]
        ready = { http = "/" }
        "#,
    );
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let diary = Diary::default();

    let running = up(&topology, &options(), &diary).await.unwrap();

    let starts = diary
        .0
        .lock()
        .unwrap()
        .iter()
        .filter(|entry| *entry == "unlucky started")
        .count();
    assert_eq!((starts, &running.nodes()[0].state), (2, &NodeState::Ready));
    running.down(Folder::Remove).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_serves_one_connection_at_a_time_is_not_blocked_by_its_readiness_check() {
    let shop = Shop::new(
        r#"
        name = "shop"
        [node.narrow]
        command = ["python3", "-c", """
import http.server
class Handler(http.server.SimpleHTTPRequestHandler):
    protocol_version = 'HTTP/1.1' # keeps connections open
http.server.HTTPServer(('127.0.0.1', ${port}), Handler).serve_forever()
"""]
        ready = { http = "/" }
        "#,
    );
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let address = running.address("narrow").unwrap();

    let asked = tokio::task::spawn_blocking(move || get(address, "/"));
    let answer = tokio::time::timeout(Duration::from_secs(10), asked).await;

    assert_eq!(answer.unwrap().unwrap().as_deref(), Some("HTTP/1.1 200 OK"));
    running.down(Folder::Remove).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn every_caller_has_an_address_of_its_own_for_the_same_node() {
    let shop = two_servers();
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let pid = running.nodes()[1].pid.unwrap();
    let environment = fs::read(format!("/proc/{pid}/environ")).unwrap();
    let link = environment
        .split(|byte| *byte == 0)
        .find_map(|variable| std::str::from_utf8(variable).ok()?.strip_prefix("STORE="))
        .unwrap();
    let link: SocketAddr = link.parse().unwrap();
    let front_door = running
        .address_of(&Endpoint {
            node: "store".into(),
            port: "main".into(),
        })
        .unwrap();

    assert_ne!(link, front_door);
    assert_eq!(get(link, "/").as_deref(), Some("HTTP/1.0 200 OK"));
    assert_eq!(running.nodes()[0].requests, 1);
    running.down(Folder::Remove).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_that_will_not_end_is_killed_when_its_time_is_over() {
    let shop = Shop::new(
        r#"
        name = "shop"
        [node.stubborn]
        command = ["python3", "-c", """
import signal, socket
signal.signal(signal.SIGTERM, signal.SIG_IGN)
listener = socket.create_server(('127.0.0.1', ${port}))
while True: listener.accept()
"""]
        "#,
    );
    let topology = Topology::load(shop.file().to_str().unwrap(), &[]).unwrap();
    let running = up(&topology, &options(), &Silent).await.unwrap();
    let pid = running.nodes()[0].pid.unwrap();

    running.down(Folder::Remove).await;

    assert_eq!(running.nodes()[0].state, NodeState::Stopped);
    assert!(!fs::exists(format!("/proc/{pid}")).unwrap());
    assert_eq!(shop.runs(), 0);
}

#[test]
fn a_cargo_binary_is_built_and_started() {
    let shop = Shop::new("name = 'shop'\n[node.web]\ncargo = { package = 'web' }\nargs = ['127.0.0.1:${port}']\n");
    let folder = shop.folder.path();
    fs::create_dir(folder.join("src")).unwrap();
    fs::write(
        folder.join("Cargo.toml"),
        "[package]\nname = 'web'\nedition = '2024'\n[workspace]\n",
    )
    .unwrap();
    fs::write(
        folder.join("src/main.rs"),
        "fn main() { let at = std::env::args().nth(1).unwrap();
            for stream in std::net::TcpListener::bind(at).unwrap().incoming() { drop(stream) } }",
    )
    .unwrap();
    let mut seam = shop.up(&["--json"]);

    let web = node(&seam.ready(), "web").clone();
    seam.signal(Signal::INT);
    let (status, said) = seam.ended();

    assert_eq!(
        (web["state"].as_str(), status.code()),
        (Some("ready"), Some(0)),
        "{said}"
    );
    assert!(said.contains("building (debug): web"), "{said}");
    seam.assert_nothing_is_left();
}

#[test]
fn requests_show_up_as_they_are_made() {
    let shop = two_servers();
    let seam = shop.up(&["--json"]);
    let ready = seam.ready();
    let store = node(&ready, "store");
    get(address(store), "/").unwrap();
    get(address(store), "/").unwrap();

    // A change of state makes a line, which tells the requests so far.
    let pid = i32::try_from(store["pid"].as_u64().unwrap()).unwrap();
    rustix::process::kill_process(rustix::process::Pid::from_raw(pid).unwrap(), Signal::KILL).unwrap();
    let died = seam.died("store");

    assert_eq!(died["requests"], 2);
    until(|| get(address(store), "/").unwrap_or_default().is_empty().then_some(()));
}
