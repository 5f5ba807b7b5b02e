//! The places of a node: its folder, its files, its ports, and those of what runs elsewhere.

use std::{
    fs,
    io::{BufRead, BufReader, Write},
    net::TcpListener,
    path::Path,
    sync::atomic::{AtomicU16, Ordering::Relaxed},
    thread,
};

use rustix::process::Signal;

use crate::seam::{PYTHON, Seam, Shop, address, get, node, until};

fn wait_for_text(path: &Path) -> String {
    until(|| fs::read_to_string(path).ok().filter(|text| text.ends_with("end\n")))
}

/// Writes a topology with a worker, its script and its files of variables.
fn write_worker(parts: &Path) {
    fs::create_dir_all(parts.join("work")).unwrap();
    fs::write(
        parts.join("worker.toml"),
        r#"
        [variables]
        greeting = "hello"
        [node.worker]
        command = ["./work.sh"]
        folder = "work"
        ports = []
        env_files = ["one.env", "two.env"]
        [node.worker.env]
        HOME_TOWN = "${env.SEAM_TEST_TOWN}"
        STREET = "${env.SEAM_TEST_STREET:-High 1.5}"
        GREETING = "${greeting}"
        B = "table"
        "#,
    )
    .unwrap();
    fs::write(
        parts.join("one.env"),
        "# first\nA=one\nB='one'\nC=\"one two\"\n\nexport D = four\n",
    )
    .unwrap();
    fs::write(parts.join("two.env"), "A=two=2\n").unwrap();
    let script = parts.join("work/work.sh");
    let print = "#!/bin/sh\nfor seen in \"$A\" \"$B\" \"$C\" \"$D\" \"$HOME_TOWN\" \"$STREET\" \"$GREETING\" end; do\n\
                 echo \"$seen\" >> seen; done\nexec sleep 600\n";
    fs::write(&script, print).unwrap();
    std::process::Command::new("chmod")
        .arg("+x")
        .arg(&script)
        .status()
        .unwrap();
}

#[test]
fn a_node_runs_in_its_folder_with_its_files_and_the_environment_that_it_names() {
    let shop = Shop::new(
        r#"
        name = "s"
        include = ["parts/worker.toml"]
        [variables]
        greeting = "hello from the shop"
        "#,
    );
    let parts = shop.folder.path().join("parts");
    write_worker(&parts);

    let mut seam = Seam::start_with(
        shop.folder.path(),
        &["up", "shop.toml", "--json"],
        &[("SEAM_TEST_TOWN", "Ulm")],
    );
    seam.ready();
    let seen = wait_for_text(&parts.join("work/seen"));
    assert_eq!(
        seen,
        "two=2\ntable\none two\nfour\nUlm\nHigh 1.5\nhello from the shop\nend\n"
    );
    seam.signal(Signal::INT);
    assert_eq!(seam.ended().0.code(), Some(0));

    // Without the variable it is refused, with the file and the line of the included one.
    let mut seam = Seam::start(shop.folder.path(), &["up", "shop.toml"]);
    let (status, said) = seam.ended();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains(
            "parts/worker.toml:10: ${env.SEAM_TEST_TOWN}: the environment variable SEAM_TEST_TOWN is not set"
        ),
        "{said}"
    );
}

#[test]
fn a_program_and_a_folder_that_are_not_there_are_said_with_where_they_were_looked_for() {
    let said = |lines: &str| {
        let shop = Shop::new(&format!("name = 's'\n[node.web]\n{lines}"));
        let (status, said) = shop.up(&[]).ended();
        assert_eq!(status.code(), Some(2), "{said}");
        said
    };
    let program = said("command = ['./run.sh']");
    assert!(
        program.contains("node 'web' runs './run.sh', and there is no such program in /"),
        "{program}"
    );
    let folder = said("command = ['true']\nfolder = 'src'");
    assert!(folder.contains("node 'web' runs in /"), "{folder}");
}

/// A listener on a port that a topology may name as its own, and the port. It lies below those that the system gives to
/// whoever asks for any, and below those that `seam` gives to nodes: nobody else takes it once the listener is gone.
fn fixed() -> (TcpListener, u16) {
    static NEXT: AtomicU16 = AtomicU16::new(0);
    let start = u16::try_from(std::process::id() % 3_000).unwrap();
    (0..4_000)
        .map(|_| 10_000 + (start + NEXT.fetch_add(1, Relaxed)) % 4_000)
        .find_map(|port| Some((TcpListener::bind(("127.0.0.1", port)).ok()?, port)))
        .unwrap()
}

#[test]
fn a_fixed_port_is_used_and_a_taken_one_is_said_before_anything_starts() {
    let (taken, port) = fixed();
    let shop = Shop::new(&format!(
        "name = 's'\n[node.first]\ncommand = ['sh', '-c', 'touch started; exec sleep 600']\nports = []\n\
         [node.web]\ncommand = {PYTHON}\nfixed_ports = {{ main = {port} }}\nneeds = ['first']"
    ));
    let (status, said) = shop.up(&[]).ended();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!(
            "node 'web' has the fixed port {port}, and another program listens there"
        )),
        "{said}"
    );
    assert!(!shop.folder.path().join("started").exists());

    drop(taken);
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    let own = format!("127.0.0.1:{port}").parse().unwrap();
    assert_ne!(
        address(node(&ready, "web")),
        own,
        "callers still come through the proxy"
    );
    assert_eq!(get(own, "/").as_deref(), Some("HTTP/1.0 200 OK"));
    seam.signal(Signal::INT);
    seam.ended();
    seam.assert_nothing_is_left();
}

#[test]
fn a_public_port_is_where_a_node_is_found_and_a_taken_one_is_said() {
    let (taken, port) = fixed();
    let shop = Shop::new(&format!(
        "name = 's'\n[node.web]\ncommand = {PYTHON}\npublic_ports = {{ main = {port} }}"
    ));
    let (status, said) = shop.up(&[]).ended();
    assert_eq!(status.code(), Some(2), "{said}");
    assert!(
        said.contains(&format!(
            "cannot open an address for web.main at its public port {port}: Address already in use"
        )),
        "{said}"
    );

    drop(taken);
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    assert_eq!(
        address(node(&ready, "web")),
        format!("127.0.0.1:{port}").parse().unwrap()
    );
    assert_eq!(
        get(address(node(&ready, "web")), "/").as_deref(),
        Some("HTTP/1.0 200 OK")
    );
    seam.signal(Signal::INT);
    seam.ended();
}

#[test]
fn what_runs_elsewhere_is_reached_through_a_link_like_any_node() {
    let elsewhere = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = elsewhere.local_addr().unwrap().port();
    thread::spawn(move || {
        for mut peer in elsewhere.incoming().flatten() {
            // A peer that closes with the request unread resets the connection, and the reply may be lost.
            let mut head = BufReader::new(&peer).lines();
            while head.next().is_some_and(|line| line.is_ok_and(|line| !line.is_empty())) {}
            let _ = peer.write_all(b"HTTP/1.0 200 elsewhere\r\n\r\n");
        }
    });
    let shop = Shop::new(&format!(
        r#"
        name = "s"
        [variables]
        bank = "http://localhost:{port}"
        [node.bank]
        address = "${{bank}}"
        [node.caller]
        command = ["sh", "-c", "echo $BANK > linked; echo end >> linked; exec sleep 600"]
        ports = []
        env = {{ BANK = "${{link.bank}}" }}
        needs = ["bank"]
        "#
    ));
    let mut seam = shop.up(&["--json"]);
    let ready = seam.ready();
    let bank = node(&ready, "bank");
    assert_eq!((bank["state"].as_str(), bank["pid"].as_u64()), (Some("ready"), None));
    let linked = wait_for_text(&shop.folder.path().join("linked"));
    let link = linked.lines().next().unwrap().parse().unwrap();
    assert_eq!(get(link, "/").as_deref(), Some("HTTP/1.0 200 elsewhere"));
    seam.signal(Signal::INT);
    assert_eq!(seam.ended().0.code(), Some(0));
    seam.assert_nothing_is_left();

    // Nobody there: said as of any node.
    let shop = Shop::new("name = 's'\n[node.bank]\naddress = '127.0.0.1:1'\nready = { tcp = true, within_ms = 300 }");
    let (status, said) = shop.up(&[]).ended();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(
        said.contains("node 'bank' was not ready after 0.30 s") && said.contains("refused"),
        "{said}"
    );
}

#[test]
fn a_secret_is_shown_nowhere() {
    let secret = "s3cr\\'t pass";
    let shop = Shop::new(
        r#"
        name = "s"
        secret = ["password"]
        [variables]
        password = "${env.SEAM_TEST_PASSWORD}"
        url = "db://me:${password}@host"
        [node.web]
        command = ["sh", "-c", "echo \"$0\" connects to $URL >&2; exit 1", "${password}"]
        env = { URL = "${url}" }
        "#,
    );
    let env = [("SEAM_TEST_PASSWORD", secret)];
    let mut seam = Seam::start_with(shop.folder.path(), &["up", "shop.toml"], &env);
    let (status, said) = seam.ended();
    assert_eq!(status.code(), Some(1), "{said}");
    assert!(said.contains("    *** connects to db://me:***@host\n"), "{said}");
    assert!(!said.contains("s3cr"), "{said}");
}
