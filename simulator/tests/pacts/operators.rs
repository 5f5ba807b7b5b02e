//! A process with a launch of a small contract, and the API for its operators.

use std::{
    sync::{
        Arc,
        atomic::{AtomicBool, Ordering::SeqCst},
    },
    time::{Duration, Instant},
};

use axum::{
    Router,
    body::{Body, to_bytes},
    extract::{Request, State},
    response::Response,
};
use seam::{
    TransportFailure,
    http::BearerToken,
    launch::{ADMIN_BODY, Admin, Dial, Fixed, Isolated, Lane, Launch, MemoryJournal, Settings, Stage},
};
use tokio::{net::TcpListener, runtime::Runtime};

pub(crate) const TOKEN: &str = "operators-of-a-test";

#[seam::contract(name = "stock")]
pub(crate) trait Stock: Send + Sync {
    #[read(key = sku)]
    async fn count(&self, sku: String) -> Result<u64, TransportFailure>;

    #[write(key = sku)]
    async fn put(&self, sku: String, count: u64) -> Result<u64, TransportFailure>;
}

struct Shelf {
    count: u64,
    is_away: Arc<AtomicBool>,
    is_slow: Arc<AtomicBool>,
}

#[seam::async_trait]
impl Stock for Shelf {
    async fn count(&self, _sku: String) -> Result<u64, TransportFailure> {
        Ok(self.count)
    }

    async fn put(&self, _sku: String, count: u64) -> Result<u64, TransportFailure> {
        if self.is_slow.load(SeqCst) {
            tokio::time::sleep(Duration::from_millis(800)).await;
        }
        if self.is_away.load(SeqCst) {
            return Err(TransportFailure::new("stock", "away"));
        }
        Ok(count)
    }
}

/// A launch called `stock`, of reads and writes, and one called `prices`, of reads alone. It ends when it is dropped.
pub(crate) struct Operators {
    pub(crate) runtime: Runtime,
    pub(crate) url: String,
    pub(crate) stock: Launch<dyn Stock>,
    /// `true` has the candidate of `stock` give no answer to writes.
    pub(crate) is_away: Arc<AtomicBool>,
    /// `true` has it take 800 ms for them.
    pub(crate) is_slow: Arc<AtomicBool>,
}

impl Operators {
    pub(crate) fn start() -> Self {
        let runtime = Runtime::new().unwrap();
        let (is_away, is_slow) = (Arc::<AtomicBool>::default(), Arc::<AtomicBool>::default());
        let shelf = |count, is_away: &Arc<AtomicBool>, is_slow: &Arc<AtomicBool>| {
            let (is_away, is_slow) = (Arc::clone(is_away), Arc::clone(is_slow));
            Arc::new(Shelf {
                count,
                is_away,
                is_slow,
            })
        };
        let never = Arc::default();
        let lane = |stage| Lane::new(stage, Dial::ALL, Dial::NONE);
        let settings = Settings {
            reads: lane(Stage::Off),
            writes: lane(Stage::DualWrite),
            ..Settings::default()
        };
        let pair = Isolated::<dyn Stock>::pair(|_| shelf(3, &never, &never), |_| shelf(4, &is_away, &is_slow));
        let stock = Launch::isolated(pair, Arc::new(MemoryJournal::default())).unwrap();
        let stock = stock.begin("stock", Arc::new(Fixed::new(settings))).unwrap();
        let prices = Launch::<dyn Stock>::reads(shelf(3, &never, &never), shelf(3, &never, &never)).unwrap();
        let prices = prices
            .begin("prices", Arc::new(Fixed::new(Settings::default())))
            .unwrap();
        let admin = Admin::new(BearerToken::new(TOKEN).unwrap())
            .with(Arc::new(stock.clone()))
            .with(Arc::new(prices));
        let listener = runtime.block_on(TcpListener::bind("127.0.0.1:0")).unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let router = Router::new().fallback(answer).with_state(Arc::new(admin));
        runtime.spawn(async move { axum::serve(listener, router).await });
        Self {
            runtime,
            url,
            stock,
            is_away,
            is_slow,
        }
    }

    /// Waits until it is so.
    #[track_caller]
    pub(crate) fn until(&self, wanted: &str, mut is_so: impl FnMut() -> bool) {
        let begun = Instant::now();
        while !is_so() {
            assert!(begun.elapsed() < Duration::from_secs(20), "not within 20 s: {wanted}");
            self.runtime
                .block_on(async { tokio::time::sleep(Duration::from_millis(5)).await });
        }
    }

    /// Makes a call within the runtime of the process.
    pub(crate) fn call<T>(&self, call: impl AsyncFnOnce(Arc<dyn Stock>) -> T) -> T {
        self.runtime.block_on(async { call(self.stock.service()).await })
    }
}

async fn answer(State(admin): State<Arc<Admin>>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    let body = to_bytes(body, ADMIN_BODY).await.unwrap();
    let answer = admin.answer(&head.method, head.uri.path(), &head.headers, &body).await;
    answer.map(Body::from)
}
