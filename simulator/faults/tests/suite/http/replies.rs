use std::time::Duration;

use faults::{CorruptBody, Delay, Distribution, DropReply, Effect, Outcome, Requests, TruncateBody};
use tokio::{io::AsyncWriteExt, time::Instant};

use super::fixture::{ANSWERED, Web, answer, ask, ask_to_end, fitting, get, post, reply};
use crate::fixture::{is_silent, read};

#[tokio::test]
async fn a_reply_is_dropped_after_the_upstream_acted() {
    let web = Web::new().await;
    web.lay("silence", fitting("POST", "/charges"), Effect::DropReply(DropReply {}));
    let mut client = web.connect().await;
    ask(&mut client, &get("/"), &reply("GET /")).await;

    assert_eq!(ask_to_end(&mut client, &post("/charges", "money")).await, "");

    assert_eq!(web.seen(), ["GET /", "POST /charges money"]);
    web.proxy.faults().lift_all();
    ask(
        &mut web.connect().await,
        &post("/charges", "money"),
        &reply("POST /charges"),
    )
    .await;
}

#[tokio::test]
async fn a_reply_is_delayed_after_the_upstream_acted() {
    let web = Web::new().await;
    let delay = Delay {
        delay: Duration::from_millis(300),
        jitter: Duration::ZERO,
        distribution: Distribution::Uniform,
    };
    web.lay("late", Requests::default(), Effect::DelayReply(delay));
    let mut client = web.connect().await;
    let began = Instant::now();
    client.write_all(get("/chunks").as_bytes()).await.unwrap();
    web.until_seen(1).await;
    is_silent(&mut client).await;
    ask(&mut client, "", &reply("GET /chunks")).await;
    assert!(began.elapsed() >= delay.delay);
}

#[tokio::test]
async fn a_body_is_truncated_and_the_connection_ended() {
    for (path, content) in [("/long", "GET /long"), ("/chunks", "GET /chunks")] {
        let web = Web::new().await;
        let truncate = Effect::TruncateBody(TruncateBody { after_bytes: 6 });
        web.lay("half", fitting("GET", path), truncate);
        let mut client = web.connect().await;
        ask(&mut client, &post(path, "whole"), &reply(&format!("POST {path}"))).await;

        let came = ask_to_end(&mut client, &get(path)).await;

        let whole = reply(content);
        assert!(whole.starts_with(&came), "{came}");
        let after_head = came.split_once("\r\n\r\n").unwrap().1;
        let content = if path == "/long" {
            "GET /l".to_owned()
        } else {
            "4;name=value\r\nGET \r\n4;name=value\r\n/c".to_owned()
        };
        assert_eq!(after_head, content);
        assert_eq!(web.tally("half").fired, 1);
    }
}

#[tokio::test]
async fn a_body_is_corrupted_and_what_frames_it_is_not() {
    let web = Web::new().await;
    let garbled = Effect::CorruptBody(CorruptBody { every: 4 });
    web.lay("garbled", Requests::default(), garbled);
    let mut client = web.connect().await;
    for path in ["/chunks/12345", "/plain/123456"] {
        let whole = reply(&format!("GET {path}")).into_bytes();
        client.write_all(get(path).as_bytes()).await.unwrap();
        let came = read(&mut client, whole.len()).await;
        let changed: Vec<usize> = (0..whole.len()).filter(|place| whole[*place] != came[*place]).collect();
        // 17 bytes of content, so four whole runs and the first of a fifth.
        assert!((4..=5).contains(&changed.len()), "{changed:?}");
        let mut framed = came.clone();
        for place in changed {
            framed[place] = whole[place];
            assert!(format!("GET {path}").as_bytes().contains(&whole[place]));
        }
        assert_eq!(framed, whole);
    }
    web.proxy.faults().lift_all();
    ask(&mut client, &get("/chunks"), &reply("GET /chunks")).await;
}

#[tokio::test]
async fn a_fault_without_a_reply_to_act_on_is_recorded_as_masked() {
    let web = Web::new().await;
    web.lay(
        "half",
        Requests::default(),
        Effect::TruncateBody(TruncateBody { after_bytes: 0 }),
    );
    web.lay("silence", Requests::default(), Effect::DropReply(DropReply {}));
    web.lay("unavailable", fitting("GET", "/b"), answer(503));
    let mut client = web.connect().await;
    ask(&mut client, &get("/b"), ANSWERED).await;
    assert_eq!(ask_to_end(&mut client, &get("/a")).await, "");

    let record = web.proxy.faults().record();
    let mut masked = Vec::new();
    for decision in &record.decisions {
        if let Outcome::Masked { by } = &decision.outcome {
            masked.push((decision.request, decision.fault.as_str(), by.as_str()));
        }
    }
    masked.sort_unstable();
    let wanted = [
        (1, "half", "unavailable"),
        (1, "silence", "unavailable"),
        (2, "half", "silence"),
    ];
    assert_eq!(masked, wanted);
}
