//! Many callers on two threads, in real time, while the dials turn.

use std::{
    collections::BTreeSet,
    sync::Arc,
    time::{Duration, Instant},
};

use seam::launch::{Dial, Lane, Limits, Repaired, Settings, Stage};
use tokio::task::JoinSet;

use crate::samples::{Fault, Shop, percent};

const CALLERS: usize = 8;
const PAYMENTS: usize = 40;

fn live(served: Dial) -> Settings {
    let lane = Lane::new(Stage::Live, Dial::ALL, served);
    Settings {
        reads: lane,
        writes: lane,
        ..Settings::default()
    }
}

/// Polls until everything is through or parked: a repair has nothing left then.
async fn repaired(shop: &Shop) {
    let begun = Instant::now();
    while shop.launch.repair().await != (Repaired { done: 0, left: 0 }) {
        let left = shop.launch.pending();
        assert!(begun.elapsed() < Duration::from_secs(30), "{left:?} are left");
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_on_two_threads_read_what_they_wrote_and_nothing_is_charged_twice_while_dials_turn() {
    // Few permits and a short limit, so that writes are shed and cut off as well.
    let limits = Limits {
        at_once: 6,
        time: Duration::from_millis(50),
        ..Limits::default()
    };
    let shop = Arc::new(Shop::with(live(Dial::NONE), limits, Arc::default()));
    let mut callers = JoinSet::new();
    for caller in 0..CALLERS {
        let shop = Arc::clone(&shop);
        callers.spawn(async move {
            let customer = format!("c{}", caller % 5);
            for number in 0..PAYMENTS {
                let payment = format!("{caller}-{number}");
                let receipt = shop.pay(&customer, &payment, 455).await.unwrap();
                assert_eq!(
                    shop.show(&customer, &payment).await,
                    Ok(receipt),
                    "what was written is read"
                );
            }
        });
    }
    let mut turns = 0;
    while !callers.is_empty() {
        let served = ["0 %", "30 %", "100 %", "60 %"][turns % 4];
        shop.set(live(percent(served)));
        if turns % 5 == 0 {
            shop.launch.repair().await;
        }
        turns += 1;
        if let Ok(Some(ended)) = tokio::time::timeout(Duration::from_millis(7), callers.join_next()).await {
            ended.unwrap();
        }
    }
    repaired(&shop).await;
    let charges = shop.charges.lock().unwrap().clone();
    assert_eq!(charges.len(), CALLERS * PAYMENTS);
    assert_eq!(
        charges.iter().collect::<BTreeSet<_>>().len(),
        charges.len(),
        "each payment is charged once"
    );
    assert_eq!(*shop.control.payments(), *shop.candidate.payments());
    assert!(turns > 5, "the dials turned {turns} times");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn callers_on_two_threads_wait_for_no_candidate_that_hangs_or_panics() {
    for fault in [Fault::Hangs, Fault::Panics] {
        let limits = Limits {
            time: Duration::from_secs(600),
            ..Limits::default()
        };
        let shop = Arc::new(Shop::with(live(Dial::NONE), limits, Arc::default()));
        shop.candidate.set(fault);
        let calls = (0..100).map(|number| {
            let shop = Arc::clone(&shop);
            tokio::spawn(async move { shop.pay("c", &number.to_string(), 455).await.unwrap() })
        });
        let all = futures::future::join_all(calls);
        // Far beyond what the control takes, and far below what the candidate would.
        let all = tokio::time::timeout(Duration::from_secs(60), all).await.unwrap();
        assert!(all.into_iter().all(|paid| paid.unwrap().cents == 455));
    }
}
