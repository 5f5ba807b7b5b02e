//! Toxics, each measured by what it does to a connection.

use std::{
    io::{ErrorKind, Read, Write},
    net::{Shutdown, SocketAddr, TcpStream},
    time::{Duration, Instant},
};

use serde_json::{Value, json};

use crate::fixture::{Server, connect, echo, exchange, is_silent, read, rest};

/// A server with the proxy `echo`, and its address.
fn link() -> (Server, SocketAddr) {
    let server = Server::new();
    let address = server.create("echo", echo());
    (server, address)
}

fn after(began: Instant, milliseconds: u64) {
    let took = began.elapsed();
    assert!(took >= Duration::from_millis(milliseconds), "took {took:?}");
}

#[test]
fn latency_delays_and_two_of_them_on_one_stream_add_up() {
    let (server, address) = link();
    let mut client = connect(address);
    exchange(&mut client, b"open");
    let toxic = server.add(json!({ "type": "latency", "attributes": { "latency": 300, "jitter": 0 } }));
    assert_eq!(
        toxic,
        json!({
            "attributes": { "latency": 300, "jitter": 0 },
            "name": "latency_downstream", "type": "latency", "stream": "downstream", "toxicity": 1,
        })
    );
    let began = Instant::now();
    exchange(&mut client, b"late");
    after(began, 300);

    server.add(json!({ "type": "latency", "name": "more", "attributes": { "latency": 400 } }));
    let began = Instant::now();
    exchange(&mut client, b"later");
    after(began, 700);
    server.add(json!({ "type": "latency", "stream": "upstream", "attributes": { "latency": 200 } }));
    let began = Instant::now();
    exchange(&mut client, b"latest");
    after(began, 900);

    let names = |toxics: Value| -> Vec<String> {
        let toxics = toxics.as_array().unwrap().iter();
        toxics.map(|toxic| toxic["name"].as_str().unwrap().to_owned()).collect()
    };
    let wanted = ["latency_upstream", "latency_downstream", "more"];
    assert_eq!(names(server.get("/proxies/echo/toxics")), wanted);
    let hour = json!({ "attributes": { "latency": 3_600_000 } });
    assert_eq!(server.ask("POST", "/proxies/echo/toxics/more", hour).0, 200);
    client.write_all(b"never").unwrap();
    is_silent(&mut client);
    server.done("DELETE", "/proxies/echo/toxics/more");
    assert_eq!(read(&mut client, 5), b"never");
}

#[test]
fn bandwidth_is_in_thousands_of_bytes_and_none_lets_nothing_pass() {
    let (server, address) = link();
    server.add(json!({ "type": "bandwidth", "attributes": { "rate": 20 } }));
    let mut client = connect(address);
    let began = Instant::now();
    exchange(&mut client, &[1; 10_000]);
    after(began, 450);

    let none = json!({ "attributes": { "rate": 0 } });
    assert_eq!(
        server.ask("PATCH", "/proxies/echo/toxics/bandwidth_downstream", none).0,
        200
    );
    client.write_all(b"held").unwrap();
    is_silent(&mut client);
    server.done("DELETE", "/proxies/echo/toxics/bandwidth_downstream");
    assert_eq!(read(&mut client, 4), b"held");
}

#[test]
fn slow_close_delays_the_end() {
    let (server, address) = link();
    server.add(json!({ "type": "slow_close", "attributes": { "delay": 300 } }));
    let mut client = connect(address);
    exchange(&mut client, b"last words");
    let began = Instant::now();
    client.shutdown(Shutdown::Write).unwrap();
    assert_eq!(rest(&mut client), b"");
    after(began, 300);
}

#[test]
fn timeout_drops_bytes_and_ends_connections_after_its_time_or_when_it_is_removed() {
    let (server, address) = link();
    server.add(json!({ "type": "timeout", "attributes": { "timeout": 300 } }));
    let mut client = connect(address);
    let began = Instant::now();
    client.write_all(b"lost").unwrap();
    assert_eq!(rest(&mut client), b"");
    after(began, 290);

    let never = json!({ "attributes": { "timeout": 0 } });
    assert_eq!(
        server.ask("POST", "/proxies/echo/toxics/timeout_downstream", never).0,
        200
    );
    let mut client = connect(address);
    client.write_all(b"lost").unwrap();
    is_silent(&mut client);
    server.done("DELETE", "/proxies/echo/toxics/timeout_downstream");
    assert_eq!(
        rest(&mut client),
        b"",
        "what came meanwhile is lost, and the connection with it"
    );
    exchange(&mut connect(address), b"a new one is served");
}

#[test]
fn reset_peer_resets_connections_that_are_open_too() {
    let (server, address) = link();
    let mut open = connect(address);
    exchange(&mut open, b"open");
    server.add(json!({ "type": "reset_peer", "attributes": { "timeout": 200 } }));
    for mut client in [open, connect(address)] {
        is_silent(&mut client);
        let began = Instant::now();
        client.write_all(b"?").unwrap();
        let error = client.read(&mut [0; 1]).unwrap_err();
        assert_eq!(error.kind(), ErrorKind::ConnectionReset);
        after(began, 200);
    }
}

#[test]
fn slicer_passes_small_pieces_with_pauses_in_microseconds() {
    let (server, address) = link();
    let attributes = json!({ "average_size": 10, "size_variation": 5, "delay": 20_000 });
    server.add(json!({ "type": "slicer", "attributes": attributes }));
    let mut client = connect(address);
    let began = Instant::now();
    exchange(&mut client, &[1; 200]);
    // At most 15 bytes each: 14 pieces, so 13 pauses.
    after(began, 13 * 20);
}

#[test]
fn limit_data_ends_connections_with_the_last_byte() {
    let (server, address) = link();
    server.add(json!({ "type": "limit_data", "attributes": { "bytes": 10 } }));
    let mut client = connect(address);
    client.write_all(b"0123456789").unwrap();
    assert_eq!(rest(&mut client), b"0123456789");
    let mut client = connect(address);
    client.write_all(b"0123456789 and more").unwrap();
    assert_eq!(rest(&mut client), b"0123456789");
}

#[test]
fn a_proxy_that_is_disabled_is_down_until_it_is_enabled() {
    let (server, address) = link();
    let mut client = connect(address);
    exchange(&mut client, b"open");
    let (status, proxy) = server.ask("POST", "/proxies/echo", json!({ "enabled": false }));
    assert_eq!((status, &proxy["enabled"]), (200, &json!(false)));
    assert_eq!(rest(&mut client), b"");
    let refused = TcpStream::connect(address).unwrap_err();
    assert_eq!(refused.kind(), ErrorKind::ConnectionRefused);
    assert_eq!(server.ask("PATCH", "/proxies/echo", json!({ "enabled": true })).0, 200);
    exchange(&mut connect(address), b"up again");
}

/// Returns which of 24 connections a toxic of this toxicity makes late.
fn chosen(seed: &str, toxicity: f64) -> Vec<bool> {
    let server = Server::with(&["--seed", seed]);
    let address = server.create("echo", echo());
    let toxic = json!({ "type": "limit_data", "attributes": { "bytes": 1 }, "toxicity": toxicity });
    assert_eq!(server.add(toxic)["toxicity"].as_f64(), Some(toxicity));
    let is_cut = |_| {
        let mut client = connect(address);
        client.write_all(b"two").unwrap();
        client.shutdown(Shutdown::Write).unwrap();
        rest(&mut client).len() == 1
    };
    (0..24).map(is_cut).collect()
}

#[test]
fn toxicity_chooses_connections_and_the_same_ones_for_a_seed() {
    assert_eq!(chosen("1", 0.0), [false; 24]);
    assert_eq!(chosen("1", 1.0), [true; 24]);
    let some = chosen("1", 0.5);
    assert!(some.contains(&true) && some.contains(&false), "{some:?}");
    assert_eq!(chosen("1", 0.5), some);
    assert_ne!(chosen("2", 0.5), some);
}
