use std::{collections::BTreeMap, time::Duration};

use faults::{Answer, Delay, Distribution, Duplicate, Effect, Requests, Which, draw};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    time::{Instant, timeout},
};

use super::fixture::{ANSWERED, Web, answer, ask, ask_to_end, chosen, fitting, get, on_requests, post, reply};
use crate::fixture::{ENDLESS, LIMIT, Pair, QUIET, is_silent, read, read_to_end};

fn twice() -> Effect {
    Effect::Duplicate(Duplicate {})
}

#[tokio::test]
async fn a_request_is_chosen_by_method_path_header_and_caller() {
    let web = Web::new().await;
    let requests = Requests {
        headers: [("X-Kind".to_owned(), "gold".to_owned())].into(),
        caller: Some("orders".to_owned()),
        ..fitting("POST", "/charges/{id}/{*rest}")
    };
    web.lay("unavailable", requests, answer(503));
    let mut client = web.connect().await;
    let request = |method: &str, path: &str, headers: &str| {
        format!("{method} {path} HTTP/1.1\r\n{headers}content-length: 2\r\n\r\nhi")
    };
    let whole = "x-kind: gold\r\nx-seam-caller: orders\r\n";

    ask(
        &mut client,
        &request("POST", "/charges/1/refunds/2?a=b", whole),
        ANSWERED,
    )
    .await;
    let others = [
        ("PUT", "/charges/1/refunds/2", whole),
        ("POST", "/charges//refunds", whole),
        ("POST", "/charges/1", whole),
        ("POST", "/charge/1/2", whole),
        ("POST", "/charges/1/2", "x-kind: gold\r\nx-seam-caller: payments\r\n"),
        ("POST", "/charges/1/2", "x-kind: silver\r\nx-seam-caller: orders\r\n"),
    ];
    for (method, path, headers) in others {
        ask(
            &mut client,
            &request(method, path, headers),
            &reply(&format!("{method} {path}")),
        )
        .await;
    }

    let wanted: Vec<String> = others
        .iter()
        .map(|(method, path, _)| format!("{method} {path} hi"))
        .collect();
    assert_eq!(web.seen(), wanted, "the upstream never sees what a fault answers");
    assert_eq!((web.tally("unavailable").met, web.tally("unavailable").fired), (1, 1));
}

#[tokio::test]
async fn answers_stand_in_the_order_of_pipelined_requests() {
    let web = Web::new().await;
    web.lay("unavailable", fitting("POST", "/b"), answer(503));
    let mut client = web.connect().await;

    let all = [get("/a"), post("/b", "body"), post("/b", ""), get("/c")].concat();
    let replies = [&reply("GET /a"), ANSWERED, ANSWERED, &reply("GET /c")].concat();
    ask(&mut client, &all, &replies).await;
    // One byte at a time is the same.
    for byte in all.as_bytes() {
        client.write_all(&[*byte]).await.unwrap();
        tokio::task::yield_now().await;
    }
    ask(&mut client, "", &replies).await;

    assert_eq!(web.seen(), ["GET /a", "GET /c", "GET /a", "GET /c"]);
}

#[tokio::test]
async fn a_client_that_reads_no_answer_is_held_up_and_gets_all_of_them_when_it_reads() {
    /// Far more, in bytes, than the proxy and the sockets hold.
    const REQUESTS: usize = 1_000;
    let big = "x".repeat(64 * 1024);
    let web = Web::new().await;
    let does = Effect::Answer(Answer {
        status: 200,
        headers: BTreeMap::new(),
        body: big.clone(),
    });
    web.lay("big", Requests::default(), does);
    let (mut read, mut write) = web.connect().await.into_split();
    let all = post("/", &big).repeat(REQUESTS).into_bytes();

    let mut sent = 0;
    while let Ok(written) = timeout(QUIET, write.write(&all[sent..])).await {
        sent += written.unwrap();
        assert!(sent < all.len(), "the proxy takes whatever comes");
    }
    let rest = async move {
        write.write_all(&all[sent..]).await.unwrap();
        write.shutdown().await.unwrap();
    };
    let mut answers = Vec::new();
    let both = async { tokio::join!(rest, read.read_to_end(&mut answers)).1.unwrap() };
    timeout(LIMIT, both).await.unwrap();

    let wanted = format!("HTTP/1.1 200 \r\ncontent-length: {}\r\n\r\n{big}", big.len());
    assert_eq!(answers.len(), REQUESTS * wanted.len());
    assert!(answers.chunks(wanted.len()).all(|answer| answer == wanted.as_bytes()));
    assert_eq!(web.seen(), [""; 0]);
}

#[tokio::test]
async fn requests_wait_while_too_many_replies_are_awaited_unless_none_can_come_any_more() {
    /// Requests whose replies may be awaited at once.
    const MOST: usize = 256;
    let all = get("/").repeat(2 * MOST);
    let replies = reply("GET /").repeat(MOST);
    let mut pair = Pair::new_open().await;
    pair.lay(on_requests("never", fitting("GET", "/never"), answer(503)));
    pair.client.write_all(all.as_bytes()).await.unwrap();
    read(&mut pair.server, all.len() / 2).await;
    is_silent(&mut pair.server).await;
    for _ in 0..2 {
        pair.server.write_all(replies.as_bytes()).await.unwrap();
        read(&mut pair.client, replies.len()).await;
    }
    read(&mut pair.server, all.len() / 2).await;

    pair.client.write_all(all.as_bytes()).await.unwrap();
    read(&mut pair.server, all.len() / 2).await;
    pair.server.shutdown().await.unwrap();
    pair.client.shutdown().await.unwrap();
    assert_eq!(read_to_end(&mut pair.server).await.len(), all.len() / 2);
}

#[tokio::test]
async fn an_answer_ends_the_connection_if_the_client_may_not_send_its_body() {
    let last = ANSWERED.replace("content-length", "connection: close\r\ncontent-length");
    for header in ["expect: 100-continue\r\ncontent-length: 9", "connection: close"] {
        let web = Web::new().await;
        web.lay("unavailable", Requests::default(), answer(503));
        let mut client = web.connect().await;
        let came = ask_to_end(&mut client, &format!("POST / HTTP/1.1\r\n{header}\r\n\r\n")).await;
        assert_eq!(came, last);
        assert_eq!(web.seen(), [""; 0]);
    }
}

#[tokio::test]
async fn the_nth_and_the_first_count_over_all_connections_and_chance_follows_from_the_seed() {
    let web = Web::new().await;
    web.lay("first", chosen(Which::First(1)), answer(503));
    web.lay("third", chosen(Which::Nth(3)), answer(503));
    let mut clients = [web.connect().await, web.connect().await];
    for (number, client) in [0, 1, 0, 1].into_iter().enumerate() {
        let wanted = if number % 2 == 0 {
            ANSWERED.to_owned()
        } else {
            reply("GET /")
        };
        ask(&mut clients[client], &get("/"), &wanted).await;
    }

    web.proxy.faults().lift_all();
    web.lay("half", chosen(Which::Probability(0.5)), answer(503));
    let mut client = web.connect().await;
    let mut fired = 0;
    for request in 1..=20 {
        let fires = draw(3, "web", 3, request, "half") < 0.5;
        fired += u64::from(fires);
        let wanted = if fires { ANSWERED.to_owned() } else { reply("GET /") };
        ask(&mut client, &get("/"), &wanted).await;
    }
    let tally = web.tally("half");
    assert_eq!((tally.met, tally.fired, tally.not_drawn), (20, fired, 20 - fired));
    let record = web.proxy.faults().record();
    let last = record.decisions.back().unwrap();
    assert_eq!((last.connection, last.request), (3, 20));
}

#[tokio::test]
async fn a_duplicate_reaches_the_upstream_twice_and_the_client_once() {
    let web = Web::new().await;
    web.lay("twice", fitting("POST", "/{*any}"), twice());
    let mut client = web.connect().await;

    let all = [post("/charges", "money"), get("/a"), post("/chunks", "more")].concat();
    let replies = [reply("POST /charges"), reply("GET /a"), reply("POST /chunks")].concat();
    ask(&mut client, &all, &replies).await;
    web.until_seen(5).await;
    ask(&mut client, &get("/b"), &reply("GET /b")).await;

    let wanted = [
        "POST /charges money",
        "POST /charges money",
        "GET /a",
        "POST /chunks more",
        "POST /chunks more",
        "GET /b",
    ];
    assert_eq!(web.seen(), wanted);
    assert_eq!(web.tally("twice").fired, 2);
}

#[tokio::test]
async fn what_cannot_be_sent_twice_is_sent_once_and_recorded() {
    let web = Web::new().await;
    web.lay("twice", Requests::default(), twice());
    let mut client = web.connect().await;
    let big = "x".repeat(1024 * 1024);
    ask(&mut client, &post("/big", &big), &reply("POST /big")).await;
    let last = "GET /last HTTP/1.1\r\nconnection: close\r\n\r\n";
    ask(&mut client, last, &reply("GET /last")).await;

    assert_eq!(web.seen().len(), 2);
    assert_eq!((web.tally("twice").unfit, web.tally("twice").fired), (2, 0));
}

#[tokio::test]
async fn a_request_is_delayed_and_so_is_its_answer() {
    let web = Web::new().await;
    let delay = Delay {
        delay: Duration::from_millis(200),
        jitter: Duration::ZERO,
        distribution: Distribution::Uniform,
    };
    web.lay("late", Requests::default(), Effect::DelayRequest(delay));
    web.lay("unavailable", fitting("GET", "/b"), answer(503));
    let mut client = web.connect().await;
    for (path, wanted) in [("/a", reply("GET /a")), ("/b", ANSWERED.to_owned())] {
        let began = Instant::now();
        ask(&mut client, &get(path), &wanted).await;
        assert!(began.elapsed() >= delay.delay);
    }

    web.proxy.faults().lift_all();
    ask(&mut client, &get("/b"), &reply("GET /b")).await;
}

#[tokio::test]
async fn lifting_a_delay_lets_go_of_what_waits() {
    for kind in [Effect::DelayRequest, Effect::DelayReply] {
        let web = Web::new().await;
        let delay = Delay {
            delay: ENDLESS,
            jitter: Duration::ZERO,
            distribution: Distribution::Uniform,
        };
        web.lay("late", Requests::default(), kind(delay));
        web.lay("unavailable", fitting("GET", "/b"), answer(503));
        let mut client = web.connect().await;
        // The last one's body is not whole yet.
        let whole = post("/", "a body");
        let (first, second) = whole.split_at(whole.len() - 3);
        client
            .write_all(format!("{}{}{first}", get("/a"), get("/b")).as_bytes())
            .await
            .unwrap();
        is_silent(&mut client).await;

        web.proxy.faults().lift("late").unwrap();

        let wanted = [&reply("GET /a"), ANSWERED, &reply("POST /")].concat();
        ask(&mut client, second, &wanted).await;
    }
}

#[tokio::test]
async fn faults_take_hold_on_an_open_connection_at_its_next_request_and_lifting_restores() {
    let web = Web::new().await;
    let mut client = web.connect().await;
    ask(&mut client, &get("/"), &reply("GET /")).await;
    for _ in 0..3 {
        let guard = web
            .proxy
            .faults()
            .lay_guarded(on_requests("unavailable", Requests::default(), answer(503)));
        ask(&mut client, &get("/"), ANSWERED).await;
        drop(guard);
        ask(&mut client, &get("/"), &reply("GET /")).await;
    }

    // Laid within a request, they leave that one alone.
    let (begin, rest) = ("POST / HTTP/1.1\r\ncontent-length: 10\r\n\r\nhello", "GET /");
    let mut client = web.connect().await;
    ask(&mut client, &get("/"), &reply("GET /")).await;
    client.write_all(begin.as_bytes()).await.unwrap();
    let before = web.proxy.counts().bytes_to_upstream;
    let deadline = Instant::now() + crate::fixture::LIMIT;
    while web.proxy.counts().bytes_to_upstream == before {
        assert!(Instant::now() < deadline, "nothing passes");
        tokio::task::yield_now().await;
    }
    web.lay("unavailable", Requests::default(), answer(503));
    ask(&mut client, rest, &reply("POST /")).await;
    ask(&mut client, &get("/"), ANSWERED).await;
}
