use std::{
    io,
    net::Shutdown,
    os::unix::net::{UnixListener, UnixStream},
    path::Path,
    process::Stdio,
    sync::{Arc, Mutex},
    thread,
};

use crate::shop::{NATS, Shop, TWO, said, until};

/// What `seam up --backend containers` says of a topology that can't be.
fn refused(name: &str, nodes: &str) -> (Shop, String) {
    let shop = Shop::new(name, nodes);
    let (code, said) = shop.ran(&["up", "shop.toml", "--backend", "containers"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        !shop.folder().join(".seam").exists() && !shop.folder().join("target").exists(),
        "{said}"
    );
    (shop, said)
}

#[test]
fn a_node_that_no_container_can_run_is_refused_by_name_before_anything_starts() {
    let clock = "[node.clock]\ncommand = ['sleep', '600']\nports = []\n";
    for (nodes, reason) in [
        (
            clock.to_owned(),
            "node 'clock' can't run on the backend containers: its `command` is a program of this",
        ),
        (
            format!("{clock}image = 'a'\nfolder = 'x'"),
            "it has a `folder` of this machine",
        ),
        (
            TWO.replace("[node.store]", "[node.store]\ndata = 'goods'"),
            "its data \"goods\" is to outlive the run",
        ),
        (
            TWO.replacen("${host}", "127.0.0.1", 1),
            "node 'web' can't run on the backend containers: its LISTEN has it listen on the loopback",
        ),
        (
            format!("{clock}image = 'a'\nargs = ['--listen', 'localhost:${{port}}']").replace("ports = []\n", ""),
            "its args has it listen on the loopback",
        ),
    ] {
        let (_, said) = refused("ct-no", &nodes);
        assert!(said.contains(reason), "{said}");
    }
}

#[test]
fn an_image_alone_is_refused_on_the_backend_local() {
    let shop = Shop::new("ct-local", NATS);
    let (code, said) = shop.ran(&["up", "shop.toml"]);
    let reason = "node 'nats' can't run on the backend local: it has an image and no program";
    assert!(code == Some(2) && said.contains(reason), "{said}");
    let (code, said) = shop.ran(&["check", "./shop.toml"]);
    assert_eq!(code, Some(0), "{said}");
    let (code, said) = shop.ran(&["up", "shop.toml", "--backend", "cloud"]);
    assert!(code == Some(2) && said.contains("invalid value 'cloud'"), "{said}");
}

#[test]
fn without_an_engine_it_is_said_what_to_do() {
    let shop = Shop::new("ct-engine", TWO);
    let mut command = shop.seam(&["up", "shop.toml", "--backend", "containers"]);
    let (code, text) = said(
        &command
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .output()
            .unwrap(),
    );
    assert!(
        code == Some(2) && text.contains("cannot reach a Docker engine"),
        "{text}"
    );
    assert!(
        text.contains("set DOCKER_HOST") && text.contains("backend local"),
        "{text}"
    );
    assert!(!shop.folder().join("target").exists(), "nothing was built");
    let mut doctor = shop.seam(&["doctor", "--json"]);
    let (_, text) = said(
        &doctor
            .env("DOCKER_HOST", "unix:///nowhere/docker.sock")
            .output()
            .unwrap(),
    );
    assert!(text.contains("nodes can't run in containers"), "{text}");
}

#[test]
#[ignore = "needs a Docker engine"]
fn an_image_that_is_not_to_be_had_is_said_by_name() {
    let nodes = NATS.replace("nats:2", "127.0.0.1:9/seam-test/none:7");
    let shop = Shop::new("ct-none", &nodes);
    let (code, said) = shop.ran(&["up", "shop.toml", "--backend", "containers"]);
    assert_eq!(code, Some(2), "{said}");
    assert!(
        said.contains("node 'nats' runs the image 127.0.0.1:9/seam-test/none:7"),
        "{said}"
    );
    assert!(said.contains("can't pull") && said.contains("docker load"), "{said}");
    assert!(shop.held().is_empty());
}

/// Socket of an engine that can be taken away.
struct Engine {
    open: Arc<Mutex<Option<Vec<UnixStream>>>>,
}

impl Engine {
    fn at(socket: &Path) -> Self {
        let listener = UnixListener::bind(socket).unwrap();
        let open = Arc::new(Mutex::new(Some(Vec::new())));
        let known = Arc::clone(&open);
        thread::spawn(move || {
            for client in listener.incoming().flatten() {
                let Some(streams) = &mut *known.lock().unwrap() else {
                    continue;
                };
                let engine = UnixStream::connect("/var/run/docker.sock").unwrap();
                for (from, to) in [(&client, &engine), (&engine, &client)] {
                    let (mut from, mut to) = (from.try_clone().unwrap(), to.try_clone().unwrap());
                    thread::spawn(move || {
                        let _ = io::copy(&mut from, &mut to);
                        let _ = to.shutdown(Shutdown::Write);
                    });
                }
                streams.extend([client, engine]);
            }
        });
        Self { open }
    }

    fn die(&self) {
        for stream in self.open.lock().unwrap().take().unwrap() {
            let _ = stream.shutdown(Shutdown::Both);
        }
    }
}

#[test]
#[ignore = "needs a Docker engine"]
fn an_engine_that_is_lost_on_the_way_is_no_verdict() {
    let shop = Shop::new("ct-lost", TWO);
    let steps = "[workload]\ncount = 300\nconcurrency = 2\n[[step]]\nname = 'ask'\nmethod = 'GET'\nnode = 'web'\n\
                 path = '/store'\nexpect = [200]\n[[invariant]]\nname = 'x'\nviolations = 'SELECT 1 WHERE 0'\n\
                 checked = 'SELECT count(*) FROM journey'\n";
    shop.write(
        "long.toml",
        &format!("name = 'long'\nabout = 'Long.'\ntopology = 'shop.toml'\n{steps}"),
    );
    let socket = shop.folder().join("engine.sock");
    let engine = Engine::at(&socket);
    let mut run = shop
        .seam(&["run", "./long.toml", "--backend", "containers"])
        .env("DOCKER_HOST", format!("unix://{}", socket.display()))
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap();
    until(|| (shop.held().len() == 5).then_some(()));
    until(|| {
        let runs = std::fs::read_dir(shop.folder().join(".seam/runs")).ok()?;
        let asked = runs.flatten().any(|run| {
            let log = std::fs::read_to_string(run.path().join("logs/web.log")).unwrap_or_default();
            log.contains("asked for /store")
        });
        asked.then_some(())
    });

    engine.die();

    until(|| run.try_wait().unwrap());
    let (code, text) = said(&run.wait_with_output().unwrap());
    assert_eq!(code, Some(2), "{text}");
    assert!(text.contains("the Docker engine was lost on the way"), "{text}");
    assert!(text.contains("start it again, and repeat the run"), "{text}");
    assert_eq!(shop.held().len(), 5, "nobody could remove them");
    assert_eq!(shop.ran(&["clean"]).0, Some(0));
    shop.assert_nothing_is_left();
}
