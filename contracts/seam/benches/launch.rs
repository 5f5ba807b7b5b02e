//! Nanoseconds that a launch adds to a call, beside the bare call of the same run.
//!
//! Nothing here passes or fails. The first row is a carrier that does nothing, which every wrapper costs. The budget is
//! 50 ns more than that for a call that is not sampled, and 15 us for one that is.

#![expect(clippy::unwrap_used, reason = "a measurement that can't go on ends")]
#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]

use std::{
    hint::black_box,
    sync::Arc,
    time::{Duration, Instant},
};

use seam::{
    TransportFailure,
    launch::{Dial, Fixed, Isolated, Lane, Launch, Limits, MemoryJournal, Settings, Stage},
};

#[seam::contract(name = "stock")]
trait Stock: Send + Sync {
    #[read(key = sku)]
    async fn count(&self, sku: u64) -> Result<u64, TransportFailure>;

    #[write(key = sku)]
    async fn put(&self, sku: u64, count: u64) -> Result<u64, TransportFailure>;
}

struct Shelf;

#[seam::async_trait]
impl Stock for Shelf {
    async fn count(&self, sku: u64) -> Result<u64, TransportFailure> {
        Ok(sku)
    }

    async fn put(&self, _sku: u64, count: u64) -> Result<u64, TransportFailure> {
        Ok(count)
    }
}

/// Calls whose time is taken together, and how often that is done: the best of many short runs is the one that nothing
/// else on the machine came into.
const CALLS: u64 = 5_000;
const RUNS: u64 = 400;
/// Calls to both sides at once, and as many permits: none is shed.
const BURST: u64 = 32;
const BURSTS: u64 = 300;

fn launched(stage: Stage, shadowed: &str) -> Launch<dyn Stock> {
    let lane = Lane::new(stage, shadowed.parse().unwrap(), Dial::NONE);
    let settings = Settings {
        reads: lane,
        writes: if stage == Stage::Shadow { lane } else { Lane::default() },
        ..Settings::default()
    };
    let pair = Isolated::<dyn Stock>::pair(|_| Arc::new(Shelf), |_| Arc::new(Shelf));
    let setup = Launch::isolated(pair, Arc::new(MemoryJournal::default())).unwrap();
    let limits = Limits {
        at_once: usize::try_from(BURST).unwrap(),
        ..Limits::default()
    };
    setup
        .limits(limits)
        .begin("stock", Arc::new(Fixed::new(settings)))
        .unwrap()
}

/// The best run, in nanoseconds per call.
async fn alone(stock: &Arc<dyn Stock>, sku: u64) -> f64 {
    let mut best = f64::MAX;
    for _ in 0..RUNS {
        let begun = Instant::now();
        for _ in 0..CALLS {
            black_box(stock.count(black_box(sku)).await.unwrap());
        }
        best = best.min(per_call(begun.elapsed(), CALLS));
    }
    best
}

/// The median burst, in nanoseconds per call; the second side has time to finish in between.
async fn sampled(launch: &Launch<dyn Stock>, writes: bool) -> f64 {
    let stock = launch.service();
    let mut bursts = Vec::new();
    for burst in 0..BURSTS {
        let begun = Instant::now();
        for number in 0..BURST {
            let sku = black_box(burst * BURST + number);
            black_box(
                if writes {
                    stock.put(sku, 1).await
                } else {
                    stock.count(sku).await
                }
                .unwrap(),
            );
        }
        bursts.push(per_call(begun.elapsed(), BURST));
        tokio::time::sleep(Duration::from_millis(2)).await;
    }
    bursts.sort_by(f64::total_cmp);
    let shed = launch
        .observations()
        .iter()
        .filter(|seen| seen.second_micros.is_none())
        .count();
    assert_eq!(shed, 0, "every call went to both sides");
    bursts[bursts.len() / 2]
}

#[expect(clippy::cast_precision_loss, reason = "a mean of nanoseconds needs no 16 digits")]
fn per_call(took: Duration, calls: u64) -> f64 {
    took.as_nanos() as f64 / calls as f64
}

fn main() {
    println!(
        "{:44} {:>10} {:>10} {:>8} {:>8}",
        "ns per call", "launched", "bare", "added", "ratio"
    );
    for (name, threads) in [("one thread", 1), ("two threads", 2)] {
        let mut builder = tokio::runtime::Builder::new_multi_thread();
        let runtime = builder.worker_threads(threads).enable_time().build().unwrap();
        let table = runtime.spawn(async {
            let bare: Arc<dyn Stock> = Arc::new(Shelf);
            let direct = alone(&bare, 7).await;
            let row = |what: &str, took: f64| {
                let (added, ratio) = (took - direct, took / direct);
                format!("{what:30} {took:10.0} {direct:10.0} {added:8.0} {ratio:8.1}")
            };
            let via = <dyn Stock as seam::Contract>::via(Arc::new(seam::Direct(Arc::clone(&bare))));
            vec![
                row("a carrier that does nothing", alone(&via, 7).await),
                row("read, off", alone(&launched(Stage::Off, "0 %").service(), 7).await),
                row(
                    "read, not sampled at 0.001 %",
                    alone(&launched(Stage::Shadow, "0.001 %").service(), 7).await,
                ),
                row("read, sampled", sampled(&launched(Stage::Shadow, "100 %"), false).await),
                row(
                    "write, to both sides",
                    sampled(&launched(Stage::Shadow, "100 %"), true).await,
                ),
            ]
        });
        for row in runtime.block_on(table).unwrap() {
            println!("{name:13} {row}");
        }
    }
}
