//! Effects on the pages of a feed.

use faults::{AlterJson, DuplicateItems, Effect, Faults, ReorderItems, Requests, TruncateBody, WithholdItems};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::TcpStream,
    time::timeout,
};

use super::fixture::{Web, ask, ask_to_end, fitting, get, on_requests};
use crate::fixture::{LIMIT, Pair, is_silent, read, read_to_end};

const LAST: u64 = 40;
const ITEMS: &str = "/data/events";

/// Answer of a feed to `GET /feed?after=3&limit=5`, with its next position; in chunks if the path begins with
/// `/chunks`.
pub(super) fn feed(line: &str) -> String {
    let number = |name: &str| {
        let (_, rest) = line.split_once(&format!("{name}="))?;
        rest.split('&').next()?.parse::<u64>().ok()
    };
    let (after, limit) = (number("after").unwrap_or(0), number("limit").unwrap_or(8));
    let positions: Vec<u64> = (after + 1..=LAST).take(usize::try_from(limit).unwrap()).collect();
    framed(line, &body(&positions, positions.last().copied().unwrap_or(after)))
}

/// A page of these events: with spaces, escapes and numbers that no printer would leave as they are.
fn body(positions: &[u64], next: u64) -> String {
    let event = |position: &u64| format!(r#"{{ "position":{position},"event" : {{"n":1.0e2,"\u0061":"[,]"}}}}"#);
    let events: Vec<String> = positions.iter().map(event).collect();
    format!(
        "{{\"z\": 0.10,\n\"data\":{{\"events\":[{}], \"next\": {next} }},\t\"error\":null}}\n",
        events.join(",")
    )
}

fn framed(line: &str, body: &str) -> String {
    let head = "HTTP/1.1 200 OK\r\nContent-Type: application/json; charset=utf-8\r\n";
    if !line.contains(" /chunks") {
        return format!("{head}Content-LENGTH:{}\r\nx-tail: 1\r\n\r\n{body}", body.len());
    }
    let (first, second) = body.split_at(body.len() / 3);
    let mut text = format!("{head}transfer-encoding: chunked\r\n\r\n");
    for chunk in [first, second] {
        text += &format!("{:x};a=b\r\n{chunk}\r\n", chunk.len());
    }
    text + "0\r\nx-trailer: 1\r\n\r\n"
}

/// The same content as a fault leaves it, with its framing: one chunk, or the new length.
fn reframed(line: &str, body: &str) -> String {
    let whole = framed(line, body);
    if !line.contains(" /chunks") {
        return whole.replace("Content-LENGTH:", "Content-LENGTH: ");
    }
    let (head, _) = whole.split_once("\r\n\r\n").unwrap();
    let length = body.len();
    format!("{head}\r\n\r\n{length:x}\r\n{body}\r\n0\r\nx-trailer: 1\r\n\r\n")
}

/// Asks for a page, and returns its positions and its next one. Its framing has to be right.
pub(super) async fn page(client: &mut TcpStream, path: &str) -> (Vec<u64>, u64) {
    client.write_all(get(path).as_bytes()).await.unwrap();
    let mut text = String::new();
    loop {
        let mut buffer = [0; 4096];
        let length = timeout(LIMIT, client.read(&mut buffer)).await.unwrap().unwrap();
        assert!(length > 0, "ended within {text}");
        text += std::str::from_utf8(&buffer[..length]).unwrap();
        let (head, rest) = text.split_once("\r\n\r\n").unwrap_or_default();
        let length = head.split_once("Content-LENGTH:").map_or(usize::MAX, |(_, rest)| {
            rest.split("\r\n").next().unwrap().trim().parse().unwrap()
        });
        if rest.len() == length {
            let json: serde_json::Value = serde_json::from_str(rest).unwrap();
            let events = json["data"]["events"].as_array().unwrap();
            let positions = events.iter().map(|event| event["position"].as_u64().unwrap());
            return (positions.collect(), json["data"]["next"].as_u64().unwrap());
        }
        assert!(rest.len() < length || length == usize::MAX, "too much: {text}");
    }
}

fn withheld(next: Option<&str>) -> Effect {
    Effect::WithholdItems(WithholdItems {
        items: ITEMS.to_owned(),
        next: next.map(str::to_owned),
        position: "/position".to_owned(),
    })
}

pub(super) fn reordered() -> Effect {
    let items = ITEMS.to_owned();
    Effect::ReorderItems(ReorderItems { items })
}

pub(super) fn doubled(probability: f64) -> Effect {
    let items = ITEMS.to_owned();
    Effect::DuplicateItems(DuplicateItems { items, probability })
}

#[tokio::test]
async fn a_field_is_altered_on_an_open_connection_until_the_fault_is_lifted() {
    let web = Web::answering(feed).await;
    let mut client = web.connect().await;
    let before = page(&mut client, "/feed?limit=3").await;
    let alter = AlterJson {
        at: "/data/next".to_owned(),
        add: Some(1_000),
        set: None,
        remove: false,
    };
    web.lay("wrong number", Requests::default(), Effect::AlterJson(alter));
    let meanwhile = page(&mut client, "/feed?limit=3").await;
    let tally = web.tally("wrong number");
    web.proxy.faults().lift_all();
    let after = page(&mut client, "/feed?limit=3").await;

    assert_eq!(before, (vec![1, 2, 3], 3));
    assert_eq!(meanwhile, (vec![1, 2, 3], 1_003));
    assert_eq!((tally.met, tally.fired), (1, 1));
    assert_eq!(after, before);
}

#[tokio::test]
async fn items_come_twice_and_every_other_byte_once() {
    for path in ["/feed", "/chunks"] {
        let web = Web::answering(feed).await;
        let (request, line) = (get(&format!("{path}?limit=3")), format!("GET {path}?limit=3"));
        let mut client = web.connect().await;
        ask(&mut client, &request, &feed(&line)).await;
        // Laid on an open connection, and pipelined.
        web.lay("copies", fitting("GET", path), doubled(1.0));
        let twice = reframed(&line, &body(&[1, 1, 2, 2, 3, 3], 3));
        let replies = [twice.clone(), feed("GET /other"), twice].concat();
        ask(&mut client, &[&request, &get("/other"), &*request].concat(), &replies).await;
        assert_eq!((web.tally("copies").met, web.tally("copies").fired), (2, 2));

        web.proxy.faults().lift_all();
        ask(&mut client, &request, &feed(&line)).await;
    }
}

#[tokio::test]
async fn each_item_has_its_own_chance_to_come_twice() {
    let web = Web::answering(feed).await;
    web.lay("some", Requests::default(), doubled(0.5));
    let mut client = web.connect().await;
    let (some, _) = page(&mut client, "/feed?limit=40").await;
    assert!((50..70).contains(&some.len()), "{some:?}");
    assert!(some.is_sorted());

    web.proxy.faults().lift_all();
    web.lay("none", Requests::default(), doubled(0.0));
    assert_eq!(page(&mut client, "/feed?limit=3").await, (vec![1, 2, 3], 3));
    assert_eq!((web.tally("none").fired, web.tally("none").not_drawn), (0, 1));
}

#[tokio::test]
async fn neighbours_trade_places_as_the_seed_says() {
    let mut before = None;
    for _ in 0..2 {
        let web = Web::answering(feed).await;
        web.lay("mixed", Requests::default(), reordered());
        let mut client = web.connect().await;
        let mut all = Vec::new();
        for limit in 2..=40 {
            let (mixed, _) = page(&mut client, &format!("/feed?limit={limit}")).await;
            let moved = |(place, position): (u64, &u64)| position.abs_diff(place);
            let most = (1..).zip(&mixed).map(moved).max();
            assert_eq!(most, Some(1), "one place at most, and one pair at least: {mixed:?}");
            let mut sorted = mixed.clone();
            sorted.sort_unstable();
            assert_eq!(sorted, (1..=limit).collect::<Vec<_>>());
            all.push(mixed);
        }
        assert_eq!(web.tally("mixed").fired, 39);
        assert_eq!(*before.get_or_insert_with(|| all.clone()), all);
    }
}

#[tokio::test]
async fn items_that_are_withheld_come_with_a_later_request() {
    for next in [None, Some("/data/next")] {
        let web = Web::answering(feed).await;
        web.lay("later", Requests::default(), withheld(next));
        let mut client = web.connect().await;
        let (mut came, mut after) = (Vec::new(), 0);
        while after < LAST {
            let (positions, said) = page(&mut client, &format!("/feed?after={after}&limit=10")).await;
            let there = usize::try_from(LAST - after).unwrap().min(10);
            assert!((1..there.max(2)).contains(&positions.len()), "{positions:?} of {there}");
            after = *positions.last().unwrap();
            assert_eq!(said, if next.is_some() { after } else { said });
            came.extend(positions);
        }
        assert_eq!(came, (1..=LAST).collect::<Vec<_>>());
        let tally = web.tally("later");
        assert!(tally.fired >= 4, "{tally:?}");
        // The last page may have one item, of which none can be withheld.
        assert_eq!(tally.met, tally.fired + tally.unfit);
        assert!(tally.unfit <= 1);
    }
}

#[tokio::test]
async fn effects_on_one_page_act_in_the_order_of_the_table_and_the_first_of_a_kind_alone() {
    let web = Web::answering(feed).await;
    // Laid in another order.
    web.lay(
        "cut",
        Requests::default(),
        Effect::TruncateBody(TruncateBody { after_bytes: 60 }),
    );
    web.lay("copies", Requests::default(), doubled(1.0));
    web.lay("copies too", Requests::default(), doubled(1.0));
    web.lay("mixed", fitting("GET", "/two"), reordered());
    let came = ask_to_end(&mut web.connect().await, &get("/two?limit=2")).await;

    let whole = reframed("GET /two", &body(&[2, 2, 1, 1], 2));
    let (head, content) = whole.split_once("\r\n\r\n").unwrap();
    assert_eq!(came, format!("{head}\r\n\r\n{}", &content[..60]));
    let fired = ["cut", "copies", "mixed", "copies too"].map(|name| web.tally(name).fired);
    assert_eq!(fired, [1, 1, 1, 0]);
    assert_eq!(web.tally("copies too").masked, 1);
}

#[tokio::test]
async fn a_page_that_ends_with_its_connection_is_rewritten_and_one_that_is_not_whole_passes_as_it_came() {
    let head = "HTTP/1.1 200 OK\r\ncontent-type: application/json\r\n";
    let whole = body(&[1], 1);
    let cut = format!("{head}content-length: 500\r\n\r\n{whole}");
    let cases = [
        (
            format!("{head}\r\n{whole}"),
            format!("{head}\r\n{}", body(&[1, 1], 1)),
            1,
        ),
        (cut.clone(), cut, 0),
    ];
    for (sent, wanted, fired) in cases {
        let mut pair = Pair::new_open().await;
        pair.lay(on_requests("copies", Requests::default(), doubled(1.0)));
        pair.client.write_all(get("/").as_bytes()).await.unwrap();
        read(&mut pair.server, get("/").len()).await;
        pair.server.write_all(sent.as_bytes()).await.unwrap();
        pair.server.shutdown().await.unwrap();
        assert_eq!(String::from_utf8(read_to_end(&mut pair.client).await).unwrap(), wanted);
        let tally = pair.proxy.faults().record().tallies["copies"];
        assert_eq!((tally.fired, tally.unfit), (fired, 1 - fired));
    }
}

#[tokio::test]
async fn lifting_lets_go_of_a_page_that_is_not_whole() {
    let mut pair = Pair::new_open().await;
    let faults: Faults = pair.proxy.faults().clone();
    pair.lay(on_requests("copies", Requests::default(), doubled(1.0)));
    pair.client.write_all(get("/").as_bytes()).await.unwrap();
    read(&mut pair.server, get("/").len()).await;
    let reply = framed("GET /chunks", &body(&[1, 2], 2));
    let (begin, rest) = reply.as_bytes().split_at(reply.len() - 9);
    pair.server.write_all(begin).await.unwrap();
    is_silent(&mut pair.client).await;

    faults.lift("copies").unwrap();

    assert_eq!(read(&mut pair.client, begin.len()).await, begin);
    pair.server.write_all(rest).await.unwrap();
    assert_eq!(read(&mut pair.client, rest.len()).await, rest);
    assert_eq!(faults.record().tallies["copies"].fired, 0);
}
