use std::{
    sync::{Arc, Mutex},
    time::Duration,
};

use commerce::{EventFeed, EventFeedCall, FeedError};
use seam::{Carrier, Context, ContractError, TransportFailure, original};
use serde::{Deserialize, Serialize};
use shared::{Environment, Neighbour, Settings, settings};
use tokio::time::Instant;

const LIMIT: Duration = Duration::from_secs(2);

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
#[error(transparent)]
pub(crate) struct NoAnswer(#[from] pub(crate) TransportFailure);

impl ContractError for NoAnswer {
    fn transport(&self) -> Option<&TransportFailure> {
        Some(&self.0)
    }
}

#[seam::contract(name = "stock")]
pub(crate) trait Stock: Send + Sync {
    /// Answers after `millis`.
    #[read]
    async fn count(&self, millis: u64) -> Result<u32, NoAnswer>;
}

/// Keeps the context that its last call came with, and marks every reply as a repetition.
#[derive(Default)]
struct Shop {
    seen: Mutex<Option<Context>>,
}

#[seam::async_trait]
impl Stock for Shop {
    async fn count(&self, millis: u64) -> Result<u32, NoAnswer> {
        *self.seen.lock().unwrap() = Some(Context::current());
        original::mark(original::Original {
            request_id: "of another request".to_owned(),
            at_micros: 0,
        });
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(3)
    }
}

fn neighbour() -> (Arc<Shop>, Arc<dyn Stock>) {
    let shop = Arc::new(Shop::default());
    let stock: Arc<dyn Stock> = shop.clone();
    (shop, Neighbour::of(stock, LIMIT).into_service())
}

fn millis(limit: Duration) -> u64 {
    u64::try_from(limit.as_millis()).unwrap()
}

#[tokio::test(start_paused = true)]
async fn a_reply_in_time_is_passed_on() {
    let (_, stock) = neighbour();

    assert_eq!(stock.count(millis(LIMIT) - 1).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_neighbour_that_hangs_is_given_up_and_the_outcome_is_unknown() {
    let (_, stock) = neighbour();
    let begun = Instant::now();

    let NoAnswer(failure) = stock.count(u64::MAX).await.unwrap_err();

    assert_eq!(begun.elapsed(), LIMIT);
    assert_eq!(
        failure.to_string(),
        "outcome of the call to stock is unknown: count was not answered within 2000 ms"
    );
}

#[tokio::test(start_paused = true)]
async fn nobody_waits_for_a_neighbour_beyond_the_callers_own_deadline() {
    let (_, stock) = neighbour();
    let (begun, rest) = (Instant::now(), Duration::from_millis(30));

    let context = Context::root("somebody").within(rest);
    let NoAnswer(failure) = context.scope(stock.count(u64::MAX)).await.unwrap_err();

    assert_eq!(begun.elapsed(), rest);
    assert_eq!(failure.reason, "count was not answered within 30 ms");
}

#[tokio::test(start_paused = true)]
async fn a_call_that_asks_to_wait_is_given_that_time_beyond_the_limit() {
    let shop: Arc<dyn Stock> = Arc::new(Shop::default());
    let stock = Neighbour::of(shop, LIMIT)
        .with_extra(|StockCall::Count { millis }| Duration::from_millis(*millis))
        .into_service();

    assert_eq!(stock.count(millis(LIMIT) * 5).await, Ok(3));
}

#[tokio::test(start_paused = true)]
async fn a_feed_is_a_neighbour_whose_long_polls_are_waited_for_and_given_up_when_they_hang() {
    struct Hanging;
    #[seam::async_trait]
    impl EventFeed for Hanging {
        async fn read_events(&self, _: i64, _: u32, _: Duration) -> Result<commerce::Batch, FeedError> {
            std::future::pending().await
        }
    }
    let feed: Arc<dyn EventFeed> = Arc::new(Hanging);
    let feed = Neighbour::of(feed, LIMIT)
        .with_extra(|EventFeedCall::ReadEvents { wait, .. }| *wait)
        .into_service();
    let (begun, wait) = (Instant::now(), Duration::from_secs(20));

    let unknown = feed.read_events(0, 1, wait).await.unwrap_err();

    assert_eq!(begun.elapsed(), wait + LIMIT);
    assert!(matches!(unknown, FeedError::Transport(_)), "{unknown}");
}

#[tokio::test(start_paused = true)]
async fn the_context_goes_along_in_a_child_span_that_ends_at_the_limit() {
    let (shop, stock) = neighbour();
    let mut context = Context::root("somebody");
    context.causation_id = Some("an event".to_owned());
    context.shadow = true;

    context.clone().scope(stock.count(0)).await.unwrap();

    let seen = shop.seen.lock().unwrap().take().unwrap();
    assert_eq!(seen.trace.trace_id(), context.trace.trace_id());
    assert_ne!(seen.trace.span_id(), context.trace.span_id());
    assert_eq!(seen.deadline, Some(Instant::now() + LIMIT));
    let (trace, deadline) = (seen.trace, seen.deadline);
    assert_eq!(
        seen,
        Context {
            trace,
            deadline,
            ..context
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_reply_that_the_neighbour_repeats_does_not_make_ours_a_repetition() {
    let (_, stock) = neighbour();

    let (_, marked) = original::capture(stock.count(0)).await;

    assert_eq!(marked, None);
}

#[tokio::test]
async fn the_failure_of_a_carrier_is_passed_on() {
    struct Broken;
    impl Carrier<dyn Stock> for Broken {
        fn carry(&self, _: StockCall) -> seam::BoxFuture<'_, StockReply> {
            Box::pin(async { StockReply::Count(Err(TransportFailure::new("stock", "cut").into())) })
        }
    }

    let failure = Neighbour::new(Broken, LIMIT).into_service().count(0).await.unwrap_err();

    assert_eq!(failure.0.reason, "cut");
}

#[tokio::test(start_paused = true)]
async fn the_environment_takes_the_limit_from_the_setting() {
    let declared = [settings::optional(&settings::standard::CALL_TIMEOUT_MS)];
    let given = Settings::from_pairs(&declared, [("CALL_TIMEOUT_MS", "7")]).unwrap();
    let shop: Arc<dyn Stock> = Arc::new(Shop::default());

    let stock = Environment::new(given).neighbour("tested", shop).unwrap();

    let failure = stock.count(u64::MAX).await.unwrap_err();
    assert_eq!(failure.0.reason, "count was not answered within 7 ms");
}

#[tokio::test]
async fn a_failure_names_the_neighbour_and_not_its_address() {
    struct Broken;
    impl Carrier<dyn Stock> for Broken {
        fn carry(&self, _: StockCall) -> seam::BoxFuture<'_, StockReply> {
            let reason = "tcp connect error: Connection refused (os error 111)";
            Box::pin(async move { StockReply::Count(Err(TransportFailure::new("http://10.0.0.1:80", reason).into())) })
        }
    }

    let failure = Neighbour::new(Broken, LIMIT).into_service().count(0).await.unwrap_err();

    assert_eq!(failure.0, TransportFailure::new("stock", "count was not answered"));
}
