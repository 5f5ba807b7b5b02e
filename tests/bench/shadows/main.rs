//! The caller's wait beside a candidate that hurts: one that is 500 ms late, one that hangs, one that panics. In the
//! same run the two published shadow libraries for Rust, scientisto and request-shadow, get the same control and
//! candidate.
//!
//! Nothing here passes or fails. The control takes 1 ms, which is what a caller should wait whatever the candidate
//! does; with a candidate that answers at once, the last row says what both sides together cost.

#![expect(clippy::print_stdout, reason = "the table on stdout is the result")]
#![expect(clippy::unwrap_used, reason = "a measurement that can't go on ends")]

use std::{
    sync::Arc,
    time::{Duration, Instant},
};

use comfy_table::{Table, presets};
use request_shadow::{Backend, ResponseRecord, ShadowConfig, ShadowError, Shadower};
use scientisto::AsyncExperiment;
use seam::{
    TransportFailure,
    launch::{Dial, Fixed, Lane, Launch, Settings, Stage},
};
use tokio::time::{sleep, timeout};

/// Calls of which the median is told.
const CALLS: usize = 9;
/// Time after which a caller is no longer watched.
const LONGEST: Duration = Duration::from_secs(5);

#[seam::contract(name = "stock")]
trait Stock: Send + Sync {
    #[read(key = sku)]
    async fn count(&self, sku: u64) -> Result<u64, TransportFailure>;
}

/// The behaviour of one side.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Side {
    Takes(Duration),
    Hangs,
    Panics,
}

const CONTROL: Side = Side::Takes(Duration::from_millis(1));

const CANDIDATES: [(&str, Side); 4] = [
    ("takes 500 ms", Side::Takes(Duration::from_millis(500))),
    ("hangs", Side::Hangs),
    ("panics", Side::Panics),
    ("answers at once", Side::Takes(Duration::ZERO)),
];

impl Side {
    async fn answer(self) -> u64 {
        match self {
            Self::Takes(time) if time.is_zero() => {}
            Self::Takes(time) => sleep(time).await,
            Self::Hangs => std::future::pending().await,
            // Without the panic hook, which prints a backtrace each time.
            Self::Panics => std::panic::resume_unwind(Box::new("the candidate is broken")),
        }
        3
    }
}

#[seam::async_trait]
impl Stock for Side {
    async fn count(&self, _sku: u64) -> Result<u64, TransportFailure> {
        Ok(self.answer().await)
    }
}

#[seam::async_trait]
impl Backend for Side {
    async fn call(&self, _input: &[u8]) -> Result<ResponseRecord, ShadowError> {
        Ok(ResponseRecord::ok(self.answer().await.to_le_bytes().to_vec()))
    }
}

fn launched(candidate: Side) -> Launch<dyn Stock> {
    let settings = Settings {
        reads: Lane::new(Stage::Shadow, Dial::ALL, Dial::NONE),
        ..Settings::default()
    };
    let setup = Launch::<dyn Stock>::reads(Arc::new(CONTROL), Arc::new(candidate)).unwrap();
    setup.begin("stock", Arc::new(Fixed::new(settings))).unwrap()
}

/// The median wait of a caller, in a task of its own as a server has them, or the way in which it gets no answer.
async fn wait<F>(mut call: impl FnMut() -> F) -> String
where
    F: Future<Output = u64> + Send + 'static,
{
    let mut waits = Vec::new();
    for _ in 0..CALLS {
        let call = call();
        let begun = Instant::now();
        let caller = tokio::spawn(async move { timeout(LONGEST, call).await.map(|answer| (answer, begun.elapsed())) });
        match caller.await {
            Ok(Ok((answer, took))) => {
                assert_eq!(answer, 3);
                waits.push(took);
            }
            Ok(Err(_)) => return format!("over {} ms", LONGEST.as_millis()),
            Err(_) => return "the caller dies".to_owned(),
        }
    }
    waits.sort();
    format!("{:.2} ms", waits[CALLS / 2].as_secs_f64() * 1_000.0)
}

async fn row(candidate: Side) -> [String; 4] {
    let stock = launched(candidate).service();
    let ours = wait(|| {
        let stock = Arc::clone(&stock);
        async move { stock.count(7).await.unwrap() }
    });
    let ours = ours.await;
    let scientist = wait(|| async move {
        let experiment = AsyncExperiment::new("stock").control(CONTROL.answer());
        experiment.experiment(candidate.answer()).publish(|_| ()).run().await
    });
    let scientist = scientist.await;
    let shadower = Shadower::new(Arc::new(CONTROL), Arc::new(candidate), ShadowConfig::full_sample());
    let shadow = wait(|| {
        let shadower = shadower.clone();
        async move {
            let answered = shadower.call(b"7").await.unwrap();
            u64::from_le_bytes(answered.primary.body.as_ref().try_into().unwrap())
        }
    });
    let shadow = shadow.await;
    let control = wait(|| CONTROL.answer()).await;
    [control, ours, scientist, shadow]
}

fn main() {
    let mut table = Table::new();
    table.load_style(presets::NOTHING);
    table.set_header([
        "the caller waits, if the candidate",
        "control alone",
        "seam",
        "scientisto",
        "request-shadow",
    ]);
    let mut builder = tokio::runtime::Builder::new_multi_thread();
    let runtime = builder.worker_threads(2).enable_time().build().unwrap();
    for (name, candidate) in CANDIDATES {
        let cells = runtime.block_on(row(candidate));
        table.add_row([name.to_owned()].into_iter().chain(cells));
    }
    println!("{}", table.trim_fmt());
}
