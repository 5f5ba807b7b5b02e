//! Requests of several connections that reach the upstream in another order.

use std::time::Duration;

use faults::{Delay, Distribution, Effect, Outcome, Proxy, Reorder, Requests, Upstream, Which};
use tokio::{
    io::AsyncWriteExt,
    net::{TcpListener, TcpStream},
    time::Instant,
};

use super::fixture::{ANSWERED, Web, answer, ask, chosen, fitting, get, on_requests, post, reply};
use crate::fixture::{ENDLESS, LIMIT, LOOPBACK, is_silent, read};

fn crossing(within: Duration) -> Effect {
    Effect::Reorder(Reorder { within })
}

/// Reasons for which requests were held for nothing.
fn unfit(web: &Web) -> Vec<String> {
    let record = web.proxy.faults().record();
    let reasons = record
        .decisions
        .into_iter()
        .filter_map(|decision| match decision.outcome {
            Outcome::Unfit { why } => Some(why),
            _ => None,
        });
    reasons.collect()
}

async fn until(what: &str, holds: impl Fn() -> bool) {
    let deadline = Instant::now() + LIMIT;
    while !holds() {
        assert!(Instant::now() < deadline, "never: {what}");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test]
async fn the_second_of_two_requests_in_flight_comes_first() {
    let web = Web::new().await;
    let mut clients = [web.connect().await, web.connect().await];
    for client in &mut clients {
        ask(client, &get("/"), &reply("GET /")).await;
    }
    web.lay("crossed", fitting("POST", "/{*any}"), crossing(ENDLESS));
    let [first, second] = &mut clients;
    for round in 0..3 {
        // With a body in two pieces, and a request behind it on its connection that overtakes nothing.
        let whole = [post(&format!("/first/{round}"), "a body"), post("/next", "x")].concat();
        let (begin, rest) = whole.split_at(60);
        first.write_all(begin.as_bytes()).await.unwrap();
        until("held", || web.tally("crossed").met == 4 * round + 1).await;
        first.write_all(rest.as_bytes()).await.unwrap();
        is_silent(first).await;

        let path = format!("/second/{round}");
        ask(second, &post(&path, ""), &reply(&format!("POST {path}"))).await;

        // The next one is held in its turn.
        ask(first, "", &reply(&format!("POST /first/{round}"))).await;
        is_silent(first).await;
        ask(second, &get("/unfit"), &reply("GET /unfit")).await;
        ask(second, &post("/third", ""), &reply("POST /third")).await;
        ask(first, "", &reply("POST /next")).await;
    }
    let seen: Vec<String> = web.seen().into_iter().skip(2).collect();
    let round = |round: usize| {
        [
            format!("POST /second/{round}"),
            format!("POST /first/{round} a body"),
            "GET /unfit".to_owned(),
            "POST /third".to_owned(),
            "POST /next x".to_owned(),
        ]
    };
    assert_eq!(seen, (0..3).flat_map(round).collect::<Vec<_>>());
    let tally = web.tally("crossed");
    assert_eq!((tally.met, tally.fired, tally.unfit), (12, 6, 0));
}

#[tokio::test]
async fn a_request_that_is_held_alone_goes_on_in_time_and_did_not_fire() {
    let web = Web::new().await;
    let within = Duration::from_millis(200);
    web.lay("crossed", Requests::default(), crossing(within));
    let mut client = web.connect().await;
    for round in 1..=2 {
        let begun = Instant::now();
        ask(&mut client, &get("/"), &reply("GET /")).await;
        assert!(begun.elapsed() >= within);
        let tally = web.tally("crossed");
        assert_eq!((tally.met, tally.fired, tally.unfit), (round, 0, round));
    }
    assert_eq!(unfit(&web), ["no other request came in time"; 2]);
}

#[tokio::test]
async fn a_second_request_that_is_not_answered_in_time_has_overtaken_all_the_same() {
    let listener = TcpListener::bind(LOOPBACK).await.unwrap();
    let upstream = Upstream::at(listener.local_addr().unwrap());
    let proxy = Proxy::listen(LOOPBACK.into(), upstream).await.unwrap();
    let within = Duration::from_millis(400);
    let fault = on_requests("crossed", Requests::default(), crossing(within));
    proxy.faults().lay(fault).unwrap();
    let tally = || proxy.faults().record().tallies["crossed"];
    let mut first = TcpStream::connect(proxy.address()).await.unwrap();
    let (mut first_server, _) = listener.accept().await.unwrap();
    first.write_all(get("/held").as_bytes()).await.unwrap();
    until("held", || tally().met == 1).await;

    let mut second = TcpStream::connect(proxy.address()).await.unwrap();
    second.write_all(get("/second").as_bytes()).await.unwrap();
    let (mut server, _) = listener.accept().await.unwrap();
    read(&mut server, get("/second").len()).await;

    read(&mut first_server, get("/held").len()).await;
    assert_eq!((tally().met, tally().fired, tally().unfit), (2, 1, 0));
}

#[tokio::test]
async fn lifting_lets_a_held_request_go_on_at_once() {
    let web = Web::new().await;
    web.lay("crossed", chosen(Which::Nth(1)), crossing(ENDLESS));
    let mut client = web.connect().await;
    client.write_all(get("/").as_bytes()).await.unwrap();
    is_silent(&mut client).await;

    web.proxy.faults().lift_all();

    ask(&mut client, &get("/b"), &[reply("GET /"), reply("GET /b")].concat()).await;
    assert_eq!(unfit(&web), ["the fault was lifted while it was held"]);
}

#[tokio::test]
async fn lifting_holds_nothing_of_what_came_behind_a_held_request() {
    let web = Web::new().await;
    web.lay("crossed", Requests::default(), crossing(ENDLESS));
    let mut client = web.connect().await;
    let both = [get("/"), get("/b")].concat();
    client.write_all(both.as_bytes()).await.unwrap();
    until("held", || web.tally("crossed").met == 1).await;

    web.proxy.faults().lift_all();

    ask(&mut client, "", &[reply("GET /"), reply("GET /b")].concat()).await;
    assert_eq!(unfit(&web), ["the fault was lifted while it was held"]);
}

/// A delay of the requests for `/late`, and a request that is held for one of them.
async fn held_for_a_late_one(web: &Web, within: Duration) -> [TcpStream; 2] {
    web.lay("crossed", Requests::default(), crossing(within));
    let late = Effect::DelayRequest(Delay {
        delay: ENDLESS,
        jitter: Duration::ZERO,
        distribution: Distribution::Uniform,
    });
    web.lay("late", fitting("GET", "/late"), late);
    let [mut first, mut second] = [web.connect().await, web.connect().await];
    first.write_all(get("/held").as_bytes()).await.unwrap();
    until("held", || web.tally("crossed").met == 1).await;
    second.write_all(get("/late").as_bytes()).await.unwrap();
    until("late", || web.tally("late").fired == 1).await;
    [first, second]
}

#[tokio::test]
async fn a_second_request_that_is_still_delayed_has_overtaken_nothing() {
    let web = Web::new().await;
    let [mut first, mut second] = held_for_a_late_one(&web, Duration::from_millis(400)).await;

    ask(&mut first, "", &reply("GET /held")).await;

    let tally = web.tally("crossed");
    assert_eq!((tally.met, tally.fired, tally.unfit), (2, 0, 1));
    assert_eq!(unfit(&web), ["no other request came in time"]);
    web.proxy.faults().lift("late").unwrap();
    ask(&mut second, "", &reply("GET /late")).await;
    assert_eq!(web.seen(), ["GET /held", "GET /late"]);
}

#[tokio::test]
async fn a_second_request_whose_delay_is_lifted_overtakes() {
    let web = Web::new().await;
    let [mut first, mut second] = held_for_a_late_one(&web, ENDLESS).await;
    is_silent(&mut first).await;

    web.proxy.faults().lift("late").unwrap();

    ask(&mut second, "", &reply("GET /late")).await;
    ask(&mut first, "", &reply("GET /held")).await;
    assert_eq!(web.seen(), ["GET /late", "GET /held"]);
    let tally = web.tally("crossed");
    assert_eq!((tally.met, tally.fired, tally.unfit), (2, 1, 0));
}

#[tokio::test]
async fn a_second_request_that_changes_the_protocol_lets_the_first_go_on() {
    let upgrade = "GET / HTTP/1.1\r\nconnection: upgrade\r\nupgrade: other\r\n\r\n";
    for (request, answer) in [
        (upgrade, "HTTP/1.1 101 Switching Protocols\r\nupgrade: other\r\n\r\n"),
        ("CONNECT web:80 HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\n\r\n"),
    ] {
        let listener = TcpListener::bind(LOOPBACK).await.unwrap();
        let upstream = Upstream::at(listener.local_addr().unwrap());
        let proxy = Proxy::listen(LOOPBACK.into(), upstream).await.unwrap();
        let fault = on_requests("crossed", Requests::default(), crossing(ENDLESS));
        proxy.faults().lay(fault).unwrap();
        let tally = || proxy.faults().record().tallies["crossed"];
        let mut first = TcpStream::connect(proxy.address()).await.unwrap();
        let (mut first_server, _) = listener.accept().await.unwrap();
        first.write_all(get("/held").as_bytes()).await.unwrap();
        until("held", || tally().met == 1).await;
        let mut second = TcpStream::connect(proxy.address()).await.unwrap();
        second.write_all(request.as_bytes()).await.unwrap();
        let (mut server, _) = listener.accept().await.unwrap();
        read(&mut server, request.len()).await;

        server.write_all(answer.as_bytes()).await.unwrap();

        read(&mut first_server, get("/held").len()).await;
        assert_eq!(tally().fired, 1, "{request}");
    }
}

#[tokio::test]
async fn the_number_chooses_the_request_that_is_held_and_any_that_fits_overtakes_it() {
    let web = Web::new().await;
    web.lay("crossed", chosen(Which::Nth(2)), crossing(ENDLESS));
    let [mut first, mut second] = [web.connect().await, web.connect().await];
    ask(&mut first, &get("/1"), &reply("GET /1")).await;
    first.write_all(get("/2").as_bytes()).await.unwrap();
    is_silent(&mut first).await;
    ask(&mut second, &get("/3"), &reply("GET /3")).await;
    ask(&mut first, "", &reply("GET /2")).await;
    ask(&mut second, &get("/4"), &reply("GET /4")).await;
    assert_eq!(web.seen(), ["GET /1", "GET /3", "GET /2", "GET /4"]);
    assert_eq!(web.tally("crossed").fired, 1);
}

#[tokio::test]
async fn a_request_that_never_reaches_the_upstream_overtakes_nothing_and_is_not_held() {
    let web = Web::new().await;
    web.lay("crossed", Requests::default(), crossing(ENDLESS));
    web.lay("unavailable", fitting("GET", "/no"), answer(503));
    let [mut first, mut second] = [web.connect().await, web.connect().await];
    ask(&mut second, &get("/no"), ANSWERED).await;
    assert_eq!(web.tally("crossed").masked, 1);
    first.write_all(get("/held").as_bytes()).await.unwrap();
    until("held", || web.tally("crossed").met == 2).await;
    ask(&mut second, &get("/no"), ANSWERED).await;
    is_silent(&mut first).await;
    // A connection that ends while its request is held makes room for another one.
    web.proxy.cut();
    until("left", || unfit(&web) == ["its connection ended while it was held"]).await;
    let [mut first, mut second] = [web.connect().await, web.connect().await];
    first.write_all(get("/held").as_bytes()).await.unwrap();
    is_silent(&mut first).await;
    ask(&mut second, &get("/"), &reply("GET /")).await;
    ask(&mut first, "", &reply("GET /held")).await;
    assert_eq!(web.seen(), ["GET /", "GET /held"]);
}
