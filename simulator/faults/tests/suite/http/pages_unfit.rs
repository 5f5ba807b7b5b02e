//! Replies that the effects on pages can't act on.

use faults::{DropReply, Effect, Outcome, Requests};
use tokio::io::AsyncWriteExt;

use super::{
    fixture::{Web, answer, ask, ask_to_end, fitting, get, on_requests},
    pages::{doubled, reordered},
};
use crate::fixture::{Pair, read};

const JSON: &str = "content-type: application/json\r\n";

/// Heads behind the status line, contents, and the reason for which nothing fires.
const UNFIT: &[(&str, &str, &str)] = &[
    (JSON, "{\"data\":{\"events\":[]}}", "has 0 items, wanted at least 2"),
    (JSON, "{\"data\":{\"events\":[1]}}", "has 1 item, wanted at least 2"),
    (JSON, "{\"data\":{\"events\":{}}}", "has no list at \"/data/events\""),
    (JSON, "{\"data\":null,\"error\":{}}", "has no list at \"/data/events\""),
    (JSON, "{\"data\":{\"events\":[1,2]}", "has no list at \"/data/events\""),
    (JSON, "", "has no content"),
    (
        "content-type: text/plain\r\n",
        "{\"data\":{\"events\":[1,2]}}",
        "is not JSON",
    ),
    ("", "{\"data\":{\"events\":[1,2]}}", "is not JSON"),
    (
        "content-type: application/json\r\ncontent-encoding: gzip\r\n",
        "{\"data\":{\"events\":[1,2]}}",
        "is compressed",
    ),
];

fn numbered(line: &str) -> String {
    let number: usize = line.rsplit('/').next().unwrap().parse().unwrap();
    let (head, content, _) = UNFIT[number];
    format!(
        "HTTP/1.1 200 OK\r\n{head}content-length: {}\r\n\r\n{content}",
        content.len()
    )
}

#[tokio::test]
async fn what_is_no_page_passes_unchanged_and_is_recorded_with_the_reason() {
    let web = Web::answering(numbered).await;
    web.lay("mixed", Requests::default(), reordered());
    let mut client = web.connect().await;
    for (number, (_, _, reason)) in UNFIT.iter().enumerate() {
        let line = format!("GET /{number}");
        ask(&mut client, &get(&format!("/{number}")), &numbered(&line)).await;
        let record = web.proxy.faults().record();
        let last = &record.decisions.back().unwrap().outcome;
        assert!(
            matches!(last, Outcome::Unfit { why } if why.contains(reason)),
            "{line}: {last:?}, wanted {reason}"
        );
    }
    let tally = web.tally("mixed");
    assert_eq!((tally.met, tally.fired, tally.unfit), (9, 0, 9));
}

#[tokio::test]
async fn too_long_a_page_passes_as_it_comes() {
    let long = format!("{{\"data\":{{\"events\":[1,2]}},\"x\":\"{}\"}}", "y".repeat(4 << 20));
    let length = long.len();
    let bodies = [
        format!("content-length: {length}\r\n\r\n{long}"),
        format!("transfer-encoding: chunked\r\n\r\n{length:x}\r\n{long}\r\n0\r\n\r\n"),
    ];
    for body in bodies {
        let mut pair = Pair::new_open().await;
        pair.lay(on_requests("copies", Requests::default(), doubled(1.0)));
        pair.client.write_all(get("/").as_bytes()).await.unwrap();
        read(&mut pair.server, get("/").len()).await;
        let reply = format!("HTTP/1.1 200 OK\r\n{JSON}{body}").into_bytes();
        let sent = reply.clone();
        let sending = tokio::spawn(async move {
            pair.server.write_all(&sent).await.unwrap();
            pair.server
        });
        assert!(read(&mut pair.client, reply.len()).await == reply);
        let tally = pair.proxy.faults().record().tallies["copies"];
        assert_eq!((tally.fired, tally.unfit), (0, 1));
        sending.await.unwrap();
    }
}

#[tokio::test]
async fn a_page_that_another_fault_takes_away_is_masked() {
    let web = Web::answering(numbered).await;
    web.lay("copies", Requests::default(), doubled(1.0));
    web.lay("silence", fitting("GET", "/1"), Effect::DropReply(DropReply {}));
    web.lay("unavailable", fitting("GET", "/2"), answer(503));
    ask(&mut web.connect().await, &get("/2"), super::fixture::ANSWERED).await;
    assert_eq!(ask_to_end(&mut web.connect().await, &get("/1")).await, "");
    let tally = web.tally("copies");
    assert_eq!((tally.met, tally.fired, tally.masked), (2, 0, 2));
}
