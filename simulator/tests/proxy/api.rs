//! The API as Toxiproxy's clients use it.

use std::net::{TcpListener, TcpStream};

use serde_json::{Value, json};

use crate::fixture::{Server, connect, echo, exchange, rest};

#[test]
fn proxies_are_created_shown_changed_and_deleted() {
    let server = Server::new();
    let upstream = echo();
    // As the Go client sends it: all fields, null where it has none.
    let draft = json!({
        "name": "echo", "listen": "localhost:0", "upstream": upstream, "enabled": true, "toxics": null,
    });
    let (status, created) = server.ask("POST", "/proxies", draft);
    let listen = created["listen"].as_str().unwrap().to_owned();
    assert_eq!(status, 201);
    let wanted = json!({ "name": "echo", "listen": listen, "upstream": upstream, "enabled": true, "toxics": [] });
    assert_eq!(created, wanted);
    assert!(listen.starts_with("127.0.0.1:") && !listen.ends_with(":0"), "{listen}");
    assert_eq!(server.get("/proxies"), json!({ "echo": wanted }));
    let mut client = connect(listen.parse().unwrap());
    exchange(&mut client, b"through it");

    server.add(json!({ "type": "slow_close", "stream": "UPSTREAM", "attributes": null }));
    let shown = server.get("/proxies/echo");
    assert_eq!(shown["toxics"][0]["name"], "slow_close_upstream");
    assert_eq!(
        server.get("/proxies/echo/toxics/slow_close_upstream"),
        shown["toxics"][0]
    );
    // Sent back as it was got, it stays as it is.
    assert_eq!(server.ask("POST", "/proxies/echo", shown.clone()), (200, shown));
    let named = json!({ "listen": listen.replace("127.0.0.1", "localhost") });
    assert_eq!(server.ask("PATCH", "/proxies/echo", named).0, 200);
    exchange(&mut client, b"nothing was cut");

    let other = echo();
    let (status, changed) = server.ask("PATCH", "/proxies/echo", json!({ "Upstream": other }));
    assert_eq!((status, &changed["upstream"]), (200, &json!(other)));
    assert_eq!(changed["toxics"][0]["name"], "slow_close_upstream", "toxics stay");
    assert_eq!(rest(&mut client), b"", "another upstream cuts connections");
    let (_, moved) = server.ask("POST", "/proxies/echo", json!({ "listen": "127.0.0.1:0" }));
    assert_ne!(moved["listen"], json!(listen));
    let (_, again) = server.ask("POST", "/proxies/echo", json!({ "listen": "127.0.0.1:0" }));
    assert_ne!(again["listen"], moved["listen"], "port 0 takes another one each time");
    let moved = again;
    assert!(TcpStream::connect(&listen).is_err(), "the old address is closed");
    exchange(
        &mut connect(moved["listen"].as_str().unwrap().parse().unwrap()),
        b"moved",
    );

    server.done("DELETE", "/proxies/echo");
    assert_eq!(server.get("/proxies"), json!({}));
    assert!(TcpStream::connect(moved["listen"].as_str().unwrap()).is_err());
}

#[test]
fn a_proxy_without_an_address_gets_one_and_one_that_is_disabled_listens_later() {
    let server = Server::new();
    let upstream = echo();
    let (_, proxy) = server.ask("POST", "/proxies", json!({ "name": "a", "upstream": upstream }));
    exchange(&mut connect(proxy["listen"].as_str().unwrap().parse().unwrap()), b"?");
    let named = format!("localhost:{}", upstream.port());
    let draft = json!({ "name": "b", "upstream": named, "listen": "127.0.0.1:0", "enabled": false });
    let (status, proxy) = server.ask("POST", "/proxies", draft);
    assert_eq!(
        (status, &proxy["listen"], &proxy["enabled"]),
        (201, &json!("127.0.0.1:0"), &json!(false))
    );
    server.done("POST", "/reset");
    let proxy = server.get("/proxies/b");
    exchange(
        &mut connect(proxy["listen"].as_str().unwrap().parse().unwrap()),
        b"by name",
    );
}

#[test]
fn populating_again_changes_what_differs_and_nothing_else() {
    let server = Server::new();
    let (one, two) = (echo(), echo());
    let list = |upstream| {
        json!([
            { "name": "a", "listen": "127.0.0.1:0", "upstream": one },
            { "name": "b", "listen": "127.0.0.1:0", "upstream": upstream, "enabled": true },
        ])
    };
    let (status, first) = server.ask("POST", "/populate", list(one));
    assert_eq!(status, 201);
    let names: Vec<&Value> = first["proxies"]
        .as_array()
        .unwrap()
        .iter()
        .map(|proxy| &proxy["name"])
        .collect();
    assert_eq!(names, ["a", "b"]);
    for name in ["a", "b"] {
        let toxic = json!({ "type": "latency", "attributes": { "latency": 1 } });
        assert_eq!(server.ask("POST", &format!("/proxies/{name}/toxics"), toxic).0, 200);
    }
    let before = server.get("/proxies");
    let (status, again) = server.ask("POST", "/populate", list(one));
    assert_eq!((status, &again["proxies"][0]), (201, &before["a"]));
    assert_eq!(server.get("/proxies"), before);
    let named = before["a"]["listen"]
        .as_str()
        .unwrap()
        .replace("127.0.0.1", "localhost");
    let same = json!([{ "name": "a", "listen": named, "upstream": one }]);
    assert_eq!(server.ask("POST", "/populate", same).0, 201);
    assert_eq!(server.get("/proxies"), before);

    assert_eq!(server.ask("POST", "/populate", list(two)).0, 201);
    let after = server.get("/proxies");
    assert_eq!(after["a"], before["a"]);
    assert_eq!(after["b"]["upstream"], json!(two));
    assert_eq!(after["b"]["toxics"], json!([]), "one that is replaced has no toxics");
    exchange(
        &mut connect(after["b"]["listen"].as_str().unwrap().parse().unwrap()),
        b"?",
    );
}

#[test]
fn populating_with_an_address_that_is_taken_changes_nothing() {
    let server = Server::new();
    let upstream = echo();
    let address = server.create("echo", upstream);
    let taken = TcpListener::bind("127.0.0.1:0").unwrap();
    let list = json!([
        { "name": "new", "listen": "127.0.0.1:0", "upstream": upstream },
        { "name": "echo", "listen": address, "upstream": echo() },
        { "name": "bad", "listen": taken.local_addr().unwrap(), "upstream": upstream },
    ]);
    let before = server.get("/proxies");
    let (status, refused) = server.ask("POST", "/populate", list);
    assert_eq!((status, &refused["status"]), (500, &json!(500)));
    let error = refused["error"].as_str().unwrap();
    assert!(error.contains("in use") && error.contains("\"bad\""), "{error}");
    assert_eq!(server.get("/proxies"), before);
    exchange(&mut connect(address), b"untouched");
}

#[test]
fn reset_removes_all_toxics_and_enables_all_proxies() {
    let server = Server::new();
    let address = server.create("echo", echo());
    server.add(json!({ "type": "timeout", "attributes": { "timeout": 0 } }));
    assert_eq!(server.ask("POST", "/proxies/echo", json!({ "enabled": false })).0, 200);
    server.done("POST", "/reset");
    let proxy = server.get("/proxies/echo");
    assert_eq!((&proxy["enabled"], &proxy["toxics"]), (&json!(true), &json!([])));
    exchange(&mut connect(address), b"healed");
}

#[test]
fn a_configuration_file_is_populated_from_and_version_and_metrics_are_there() {
    let folder = tempfile::tempdir().unwrap();
    let file = folder.path().join("toxiproxy.json");
    let upstream = echo();
    let config = json!([{ "name": "quo\"te", "listen": "127.0.0.1:0", "upstream": upstream, "enabled": true }]);
    std::fs::write(&file, config.to_string()).unwrap();
    let server = Server::with(&["--host", "127.0.0.1", "--config", file.to_str().unwrap()]);
    let proxies = server.get("/proxies");
    let listen = proxies["quo\"te"]["listen"].as_str().unwrap();
    let mut client = connect(listen.parse().unwrap());
    exchange(&mut client, b"12345");
    let version = server.get("/version");
    assert!(version["version"].as_str().unwrap().starts_with("2."), "{version}");

    let (status, text) = server.ask_as("GET", "/metrics", "", "");
    assert_eq!(status, 200);
    for (name, direction) in [
        ("received", "upstream"),
        ("sent", "upstream"),
        ("received", "downstream"),
    ] {
        let labels = format!("direction=\"{direction}\",listener=\"{listen}\",proxy=\"quo\\\"te\"");
        let line = format!("toxiproxy_proxy_{name}_bytes_total{{{labels},upstream=\"{upstream}\"}} 5\n");
        assert!(text.contains(&line), "no {line} in {text}");
    }
    assert!(text.contains("# TYPE seam_proxy_connections_open gauge\n"), "{text}");
    assert!(
        text.contains("seam_proxy_connections_total{proxy=\"quo\\\"te\"} 1\n"),
        "{text}"
    );
}

#[test]
fn options_are_taken_as_toxiproxy_spells_them() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("toxiproxy.json");
    std::fs::write(
        &config,
        r#"[{ "name": "a", "upstream": "b:1", "listen": "127.0.0.1:0" }]"#,
    )
    .unwrap();
    let config = format!("-config={}", config.display());
    let server = Server::with(&["-host", "127.0.0.1", &config, "-seed", "7"]);
    assert_eq!(server.get("/proxies")["a"]["upstream"], "b:1");
}
