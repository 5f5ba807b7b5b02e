use std::time::Duration;

use faults::{Bandwidth, Direction, Distribution, Effect, Latency, Slice, Timeout, draw};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    task::yield_now,
    time::{sleep, timeout},
};

use crate::fixture::{LIMIT, Link, Pair, towards};

const LENGTH: usize = 2_000_000;
const SEED: u64 = 20;

fn lossless(number: usize) -> Effect {
    let jitter = Duration::from_millis(1);
    match number {
        0 => Effect::Latency(Latency {
            delay: Duration::from_millis(2),
            jitter,
            distribution: Distribution::Exponential,
        }),
        1 => Effect::Bandwidth(Bandwidth {
            bytes_per_second: 50_000_000,
        }),
        2 => Effect::Slice(Slice {
            size: 900,
            variation: 300,
            delay: Duration::ZERO,
        }),
        _ => Effect::Timeout(Timeout::default()),
    }
}

#[tokio::test]
async fn no_byte_is_lost_however_often_faults_are_laid_changed_and_lifted() {
    let link = Link::new().await;
    let (mut read, mut write) = link.connect().await.into_split();
    // 251 is prime, so a lost or doubled buffer shows.
    let bytes: Vec<u8> = (0..251).cycle().take(LENGTH).collect();
    let sent = bytes.clone();
    let sending = tokio::spawn(async move {
        for piece in sent.chunks(7_777) {
            write.write_all(piece).await.unwrap();
            yield_now().await;
        }
        write.shutdown().await.unwrap();
    });
    let faults = link.proxy.faults().clone();
    let meddling = tokio::spawn(async move {
        for step in 0..2_000_u32 {
            let drawn = draw(SEED, "meddling", u64::from(step), 0, "");
            let number = [0.25, 0.5, 0.75].iter().filter(|bound| drawn < **bound).count();
            let name = format!("{}", step % 3);
            let direction = if step % 2 == 0 {
                Direction::ToUpstream
            } else {
                Direction::Both
            };
            let laid = towards(direction, &name, lossless(number));
            match step % 5 {
                0 => drop(faults.lay(laid)),
                1 | 2 => drop(faults.change(laid)),
                _ => drop(faults.lift(&name)),
            }
            yield_now().await;
        }
        faults.lift_all();
    });

    let mut received = Vec::new();
    timeout(3 * LIMIT, read.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();

    assert!(
        received == bytes,
        "seed {SEED}: {} of {LENGTH} bytes came, or others",
        received.len()
    );
    sending.await.unwrap();
    meddling.await.unwrap();
}

#[tokio::test]
async fn bytes_that_a_full_window_holds_up_when_a_fault_is_laid_are_not_lost() {
    let Pair {
        proxy,
        mut client,
        mut server,
    } = Pair::new().await;
    let bytes: Vec<u8> = (0..251).cycle().take(16 * LENGTH).collect();
    let sent = bytes.clone();
    let sending = tokio::spawn(async move {
        client.write_all(&sent).await.unwrap();
        client.shutdown().await.unwrap();
        client
    });
    // The server reads nothing, so sooner or later nothing moves.
    let mut passed = 0;
    let mut unmoved = 0;
    while unmoved < 20 {
        sleep(Duration::from_millis(5)).await;
        let now = proxy.counts().bytes_to_upstream;
        unmoved = if now == passed { unmoved + 1 } else { 0 };
        passed = now;
    }

    proxy
        .faults()
        .lay(towards(Direction::Both, "slices", lossless(2)))
        .unwrap();
    let mut received = Vec::new();
    timeout(LIMIT, server.read_to_end(&mut received))
        .await
        .unwrap()
        .unwrap();

    assert!(
        received == bytes,
        "{} of {} bytes came, or others",
        received.len(),
        bytes.len()
    );
    sending.await.unwrap();
}
