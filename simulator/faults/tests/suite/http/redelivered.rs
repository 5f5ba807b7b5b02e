//! Acknowledgements of a feed's reader that get lost.

use std::collections::BTreeSet;

use faults::{Effect, Outcome, Redeliver, Requests};

use super::{
    fixture::{Web, answer, ask, fitting, get, on_requests, post},
    pages::{feed, page},
};

fn again() -> Effect {
    Effect::Redeliver(Redeliver::default())
}

/// The position that each request to the server asked from.
fn asked(web: &Web) -> Vec<u64> {
    let after = |line: &String| {
        let (_, rest) = line.split_once("after=").unwrap();
        rest.split('&').next().unwrap().parse().unwrap()
    };
    web.seen().iter().map(after).collect()
}

#[tokio::test]
async fn what_was_acknowledged_comes_again_and_the_reader_gets_ahead_all_the_same() {
    let mut before = None;
    for _ in 0..2 {
        let web = Web::answering(feed).await;
        web.lay("again", fitting("GET", "/feed"), again());
        let (mut said, mut came) = (Vec::new(), Vec::new());
        // A reader that takes any position for its own.
        let mut after = 0;
        while after < 40 {
            let mut client = web.connect().await;
            let (positions, _) = page(&mut client, &format!("/feed?limit=8&after={after}&x=y")).await;
            said.push(after);
            assert!(said.len() < 100, "it gets nowhere: {said:?}");
            after = *positions.last().unwrap();
            came.extend(positions);
        }
        let asked = asked(&web);
        let taken_back: Vec<(u64, u64)> = std::iter::zip(said.clone(), asked.clone())
            .filter(|(said, asked)| said != asked)
            .collect();
        assert_eq!(web.tally("again").fired, taken_back.len() as u64);
        // Each position but the first one, once.
        assert_eq!(taken_back.len(), 4, "{taken_back:?}");
        assert!(taken_back.iter().all(|(said, asked)| asked < said && asked % 8 == 0));
        assert_eq!(
            came.iter().collect::<BTreeSet<_>>(),
            (1..=40).collect::<Vec<_>>().iter().collect()
        );
        assert!(came.len() > 40);
        assert_eq!(*before.get_or_insert_with(|| asked.clone()), asked);
    }
}

#[tokio::test]
async fn only_the_position_of_the_request_is_changed() {
    let web = Web::answering(feed).await;
    web.lay("again", Requests::default(), again());
    let mut client = web.connect().await;
    let request = |after: u64| format!("POST /feed?a=1&after={after}&after2=7 HTTP/1.1\r\ncontent-length: 2\r\n\r\nhi");
    let first = feed("POST /feed?a=1&after=3&after2=7");
    for after in [3, 1234] {
        ask(&mut client, &request(after), &first).await;
    }
    assert_eq!(web.seen(), ["POST /feed?a=1&after=3&after2=7 hi"; 2]);
    web.proxy.faults().lift_all();
    ask(&mut client, &get("/feed?after=39"), &feed("GET /feed?after=39")).await;
}

#[tokio::test]
async fn a_request_that_cannot_be_taken_back_passes_and_is_recorded() {
    let web = Web::answering(feed).await;
    web.lay("again", Requests::default(), again());
    let mut client = web.connect().await;
    let cases = [
        ("/feed", "no whole number in its parameter \"after\""),
        ("/feed?after=x", "no whole number"),
        ("/feed?after=1&after=2", "no whole number"),
        ("/feed?after=5", "no earlier position"),
        ("/other?after=9", "no earlier position"),
    ];
    for (path, reason) in cases {
        ask(&mut client, &get(path), &feed(&format!("GET {path}"))).await;
        let record = web.proxy.faults().record();
        let last = &record.decisions.back().unwrap().outcome;
        assert!(
            matches!(last, Outcome::Unfit { why } if why.contains(reason)),
            "{path}: {last:?}"
        );
    }
    let tally = web.tally("again");
    assert_eq!((tally.met, tally.fired, tally.unfit), (5, 0, 5));

    web.lay("unavailable", fitting("POST", "/feed"), answer(503));
    ask(&mut client, &post("/feed?after=9", ""), super::fixture::ANSWERED).await;
    assert_eq!(web.tally("again").masked, 1);
    // Changed, it still knows the positions.
    web.proxy
        .faults()
        .change(on_requests("again", Requests::default(), again()))
        .unwrap();
    assert_eq!(page(&mut client, "/feed?after=7&limit=1").await.0, [6]);
}
