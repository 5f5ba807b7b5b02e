//! Meters: counts by outcome, times in virtual time, sizes, calls of one request, and replies that can't cross.

use std::{sync::Arc, time::Duration};

use futures::FutureExt;
use seam::{
    Context, Contract, Direct, TransportFailure,
    meter::{MeterFigures, Metered, Meters, MethodFigures},
};

use crate::samples::{Item, Shelf, ShelfError, Wooden, item};

/// A shelf that takes as many milliseconds for an item as its name says, and fails as it says.
struct Slow;

#[seam::async_trait]
impl Shelf for Slow {
    async fn put(&self, item: Item) -> Result<Item, ShelfError> {
        Ok(item)
    }

    async fn get(&self, name: String) -> Result<Item, ShelfError> {
        let millis = name.parse().map_err(|_| match name.as_str() {
            "silent" => TransportFailure::new("shelf", "no answer").into(),
            _ => ShelfError::Missing(name.clone()),
        })?;
        tokio::time::sleep(Duration::from_millis(millis)).await;
        Ok(item(&name, 1))
    }

    async fn count(&self) -> Result<u64, ShelfError> {
        panic!("boom")
    }

    async fn take(&self, _type: Option<String>, _limits: (i64, i64)) -> Result<Vec<Item>, ShelfError> {
        std::future::pending().await
    }
}

fn metered(every: u64) -> (Arc<Metered<dyn Shelf>>, Arc<dyn Shelf>) {
    let meter = Arc::new(Metered::new("till", Direct(Arc::new(Slow) as Arc<dyn Shelf>), every));
    (Arc::clone(&meter), <dyn Shelf>::via(meter))
}

fn of(figures: &MeterFigures, method: &str) -> MethodFigures {
    let of_method = figures.methods.iter().find(|known| known.method == method);
    of_method.unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_outcome_and_timed_in_virtual_time() {
    let (meter, shelf) = metered(0);
    for millis in 1..=100 {
        shelf.get(millis.to_string()).await.unwrap();
    }
    assert_eq!(
        shelf.get("absent".into()).await,
        Err(ShelfError::Missing("absent".into()))
    );
    assert!(matches!(
        shelf.get("silent".into()).await,
        Err(ShelfError::Transport(_))
    ));
    let boom = std::panic::AssertUnwindSafe(shelf.count()).catch_unwind().await;
    assert!(boom.is_err(), "a panic passes through");
    let given_up = tokio::time::timeout(Duration::from_secs(1), shelf.take(None, (0, 0)));
    assert!(given_up.await.is_err());

    let figures = meter.figures();
    assert_eq!((figures.from.as_str(), figures.to.as_str()), ("till", "shelf"));
    let get = of(&figures, "get");
    assert_eq!(
        (get.calls, get.values, get.domain_errors, get.transport),
        (102, 100, 1, 1)
    );
    assert_eq!(get.time.max_ns, 100_000_000);
    assert_eq!(get.time.sum_ns, 5_050_000_000, "virtual time is exact");
    assert!((49_000_000..56_000_000).contains(&get.time.p50_ns), "{:?}", get.time);
    assert!((99_000_000..=100_000_000).contains(&get.time.p99_ns), "{:?}", get.time);
    let (count, take) = (of(&figures, "count"), of(&figures, "take"));
    assert_eq!((count.calls, count.panics, count.given_up), (1, 1, 0));
    assert_eq!((take.calls, take.panics, take.given_up), (1, 0, 1));
    assert_eq!(figures.calls(), 104);
    assert_eq!((get.sampled, get.checked), (0, 0), "with 0 it looks into no call");
}

#[tokio::test(start_paused = true)]
async fn calls_are_counted_by_the_request_or_the_event_that_made_them() {
    let (meter, shelf) = metered(0);
    for calls in [3, 1, 2] {
        let asked = async {
            for _ in 0..calls {
                shelf.get("1".into()).await.unwrap();
            }
        };
        Context::root("customer").scope(asked).await;
    }
    let mut event = Context::root("follower");
    event.causation_id = Some("an event".to_owned());
    for _ in 0..5 {
        // A child is another span of the same request.
        event.child().scope(shelf.get("1".into())).await.unwrap();
    }
    shelf.get("1".into()).await.unwrap();

    let figures = meter.figures();
    assert_eq!((figures.requests, figures.events, figures.on_own_account), (3, 1, 1));
    assert_eq!((figures.calls(), figures.most), (12, 5));
}

#[tokio::test]
async fn the_first_call_and_each_nth_are_looked_into_and_so_are_errors() {
    let (meter, shelf) = metered(10);
    for _ in 0..21 {
        shelf.put(item("a", 1)).await.unwrap();
    }
    shelf.get("1".into()).await.unwrap();
    shelf.get("absent".into()).await.unwrap_err();

    let figures = meter.figures();
    let put = of(&figures, "put");
    let arguments = r#"{"put":{"item":{"name":"a","weight":1,"label":null}}}"#.len() as u64;
    let reply = r#"{"put":{"Ok":{"name":"a","weight":1,"label":null}}}"#.len() as u64;
    assert_eq!((put.sampled, put.checked, put.cannot_cross), (3, 3, 0));
    assert_eq!((put.argument_bytes, put.reply_bytes), (3 * arguments, 3 * reply));
    let get = of(&figures, "get");
    assert_eq!(
        (get.sampled, get.checked),
        (1, 2),
        "the error is checked, and not sampled"
    );
}

#[tokio::test]
async fn a_reply_that_comes_back_as_something_else_cannot_cross_and_is_returned_as_it_is() {
    let (meter, shelf) = metered(1);
    let strange = Item {
        label: Some(None),
        ..item("a", 1)
    };
    assert_eq!(shelf.put(strange.clone()).await, Ok(strange));
    shelf.put(item("b", 1)).await.unwrap();

    let put = of(&meter.figures(), "put");
    assert_eq!((put.checked, put.cannot_cross), (2, 1));
}

#[tokio::test]
async fn a_process_shows_all_of_its_meters_and_modules_and_they_cross_a_wire() {
    let meters = Meters::default();
    let shelf: Arc<dyn Shelf> = meters.metered("till", Arc::new(Wooden::default()), 1);
    let _other: Arc<dyn Shelf> = meters.metered("store", Arc::new(Wooden::default()), 1);
    shelf.count().await.unwrap();
    meters.module("till").answered(Duration::from_millis(2));
    meters.module("till").handled(Duration::from_millis(3));

    let figures = meters.figures();
    let callers: Vec<&str> = figures.meters.iter().map(|meter| meter.from.as_str()).collect();
    assert_eq!(callers, ["till", "store"]);
    assert_eq!((figures.meters[0].calls(), figures.meters[1].calls()), (1, 0));
    assert_eq!(figures.modules.len(), 1, "a name has one meter");
    let till = &figures.modules[0];
    assert_eq!((till.requests, till.events, till.busy_ns), (1, 1, 5_000_000));
    let text = serde_json::to_string(&figures).unwrap();
    assert_eq!(
        serde_json::from_str::<seam::meter::ProcessFigures>(&text).unwrap(),
        figures
    );
}
