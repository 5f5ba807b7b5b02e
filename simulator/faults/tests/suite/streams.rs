use std::time::Duration;

use faults::{Bandwidth, Corrupt, Cut, Direction, Distribution, Effect, Faults, Latency, Slice, SlowClose};
use tokio::{io::AsyncWriteExt, task::yield_now, time::Instant};

use crate::fixture::{ENDLESS, Link, Pair, exchange, fault, is_silent, read, read_to_end, towards};

fn latency(delay: Duration, jitter: Duration, distribution: Distribution) -> Effect {
    Effect::Latency(Latency {
        delay,
        jitter,
        distribution,
    })
}

fn late(delay: Duration) -> Effect {
    latency(delay, Duration::ZERO, Distribution::Uniform)
}

#[tokio::test]
async fn latency_delays_a_message_of_many_pieces_once() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let delay = Duration::from_secs(1);
    link.lay(towards(Direction::ToUpstream, "late", late(delay)));

    let began = Instant::now();
    for piece in 0..100 {
        client.write_all(&[piece]).await.unwrap();
        // The proxy runs in this thread: it reads each piece on its own.
        for _ in 0..5 {
            yield_now().await;
        }
    }

    // A hundred delays would last 100 s, which is beyond the deadline of a read.
    assert_eq!(read(&mut client, 100).await, (0..100).collect::<Vec<u8>>());
    assert!(began.elapsed() >= delay);
}

#[tokio::test]
async fn latency_keeps_the_order_whatever_its_distribution() {
    for distribution in [Distribution::Uniform, Distribution::Normal, Distribution::Exponential] {
        let link = Link::new().await;
        let jitter = Duration::from_millis(20);
        link.lay(fault("late", latency(jitter, jitter, distribution)));
        let mut client = link.connect().await;
        for piece in 0..200 {
            client.write_all(&[piece]).await.unwrap();
            yield_now().await;
        }
        client.shutdown().await.unwrap();
        assert_eq!(read_to_end(&mut client).await, (0..200).collect::<Vec<u8>>());
    }
}

#[tokio::test]
async fn latency_acts_on_its_direction_alone_and_lifting_lets_go_at_once() {
    let mut pair = Pair::new().await;
    pair.lay(towards(Direction::ToClient, "late", late(ENDLESS)));
    exchange_one_way(&mut pair).await;
    pair.server.write_all(b"answer").await.unwrap();
    pair.server.shutdown().await.unwrap();
    is_silent(&mut pair.client).await;

    pair.proxy.faults().lift("late").unwrap();

    assert_eq!(read_to_end(&mut pair.client).await, b"answer");
    // The other direction is still open.
    exchange_one_way(&mut pair).await;
}

async fn exchange_one_way(pair: &mut Pair) {
    pair.client.write_all(b"question").await.unwrap();
    assert_eq!(read(&mut pair.server, 8).await, b"question");
}

#[tokio::test]
async fn bandwidth_limits_the_rate_and_lifting_restores_it() {
    let link = Link::new().await;
    let mut client = link.connect_whole().await;
    let limited = |bytes_per_second| Effect::Bandwidth(Bandwidth { bytes_per_second });
    link.lay(towards(Direction::ToClient, "thin", limited(20_000)));
    let began = Instant::now();
    exchange(&mut client, &[1; 10_000]).await;
    assert!(began.elapsed() >= Duration::from_millis(450), "{:?}", began.elapsed());

    link.proxy
        .faults()
        .change(towards(Direction::ToClient, "thin", limited(1)))
        .unwrap();
    client.write_all(&[2; 1_000]).await.unwrap();
    link.lift("thin");
    // At one byte a second this would take longer than the deadline.
    assert_eq!(read(&mut client, 1_000).await, [2; 1_000]);
}

#[tokio::test]
async fn slow_close_delays_the_end_and_no_byte() {
    let mut pair = Pair::new().await;
    let delay = Duration::from_millis(300);
    pair.lay(fault("clingy", Effect::SlowClose(SlowClose { delay })));
    let began = Instant::now();
    pair.client.write_all(b"last words").await.unwrap();
    pair.client.shutdown().await.unwrap();
    assert_eq!(read(&mut pair.server, 10).await, b"last words");
    assert_eq!(read_to_end(&mut pair.server).await, b"");
    assert!(began.elapsed() >= delay);

    let mut pair = Pair::new().await;
    pair.lay(fault("clingy", Effect::SlowClose(SlowClose { delay: ENDLESS })));
    pair.client.shutdown().await.unwrap();
    is_silent(&mut pair.server).await;
    pair.proxy.faults().lift("clingy").unwrap();
    assert_eq!(read_to_end(&mut pair.server).await, b"");
}

#[tokio::test]
async fn slice_passes_on_small_pieces_and_lifting_the_rest() {
    let mut pair = Pair::new().await;
    let slice = |delay| {
        let slice = Slice {
            size: 10,
            variation: 5,
            delay,
        };
        towards(Direction::ToUpstream, "crumbs", Effect::Slice(slice))
    };
    let bytes: Vec<u8> = (0..200).collect();
    pair.lay(slice(Duration::from_millis(20)));
    let began = Instant::now();
    pair.client.write_all(&bytes).await.unwrap();
    assert_eq!(read(&mut pair.server, 200).await, bytes);
    // At most 15 bytes each: 14 pieces, so 13 pauses.
    assert!(
        began.elapsed() >= Duration::from_millis(13 * 20),
        "{:?}",
        began.elapsed()
    );

    pair.proxy.faults().change(slice(Duration::from_secs(60))).unwrap();
    pair.client.write_all(&bytes).await.unwrap();
    assert!(read(&mut pair.server, 5).await == bytes[..5]);
    pair.proxy.faults().lift("crumbs").unwrap();
    assert_eq!(read(&mut pair.server, 195).await, bytes[5..]);
}

#[tokio::test]
async fn cut_lets_exactly_its_bytes_pass_and_lifting_all() {
    for already_open in [false, true] {
        let link = Link::new().await;
        let mut lifted = link.connect_whole().await;
        let mut client = if already_open {
            link.connect_whole().await
        } else {
            lifted
        };
        let cut = Effect::Cut(Cut {
            after_bytes: 1_000,
            at_once: false,
        });
        link.lay(towards(Direction::ToClient, "torn", cut));
        client.write_all(&[3; 5_000]).await.unwrap();
        assert_eq!(read_to_end(&mut client).await, [3; 1_000]);
        link.until_fired("torn", 1).await;

        lifted = link.connect().await;
        exchange(&mut lifted, &[4; 900]).await;
        link.lift("torn");
        exchange(&mut lifted, &[4; 900]).await;
    }
}

#[tokio::test]
async fn corrupt_changes_one_byte_in_each_run_the_same_for_the_same_seed() {
    let mut seen = Vec::new();
    // The pieces in which bytes arrive make no difference.
    for (seed, piece) in [(5, 10_000), (5, 7), (6, 10_000)] {
        let link = Link::with(Faults::new(seed, "link")).await;
        let mut client = link.connect().await;
        link.lay(towards(
            Direction::ToUpstream,
            "noise",
            Effect::Corrupt(Corrupt { every: 100 }),
        ));
        for bytes in [0; 10_000].chunks(piece) {
            client.write_all(bytes).await.unwrap();
        }
        let changed = read(&mut client, 10_000).await;
        for run in changed.chunks(100) {
            assert_eq!(run.iter().filter(|byte| **byte != 0).count(), 1);
        }
        seen.push(changed);
        link.lift("noise");
        exchange(&mut client, &[0; 1_000]).await;
    }
    assert_eq!(seen[0], seen[1]);
    assert_ne!(seen[0], seen[2]);
}
