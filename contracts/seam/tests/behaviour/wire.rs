use std::sync::Arc;

use proptest::prelude::*;
use seam::{ContractError, TransportFailure, Via, Wire};
use serde::{Deserialize, Serialize};

use crate::samples::{Item, Shelf, ShelfError, Silence, Wooden, item};

fn wired() -> Via<Wire<dyn Shelf>> {
    Via(Wire(Arc::new(Wooden::default())))
}

fn items() -> impl Strategy<Value = Item> {
    let weight = prop_oneof![Just(i64::MIN), Just(i64::MAX), Just(0), any::<i64>()];
    let label = prop_oneof![Just(None), ".*".prop_map(|text| Some(Some(text)))];
    (any::<String>(), weight, label).prop_map(|(name, weight, label)| Item { name, weight, label })
}

proptest! {
    #[test]
    fn what_can_be_written_down_crosses_unchanged(
        item in items(),
        limits in any::<(i64, i64)>(),
        prefix in any::<Option<String>>(),
    ) {
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        runtime.block_on(async {
            let (near, far) = (Wooden::default(), wired());
            prop_assert_eq!(near.put(item.clone()).await, far.put(item.clone()).await);
            if item.name != "bomb" {
                prop_assert_eq!(near.get(item.name.clone()).await, far.get(item.name.clone()).await);
            }
            prop_assert_eq!(near.take(prefix.clone(), limits).await, far.take(prefix, limits).await);
            prop_assert_eq!(near.get("absent".into()).await, far.get("absent".into()).await);
            prop_assert_eq!(near.count().await, far.count().await);
            Ok(())
        })?;
    }
}

fn transport<T>(result: Result<T, impl ContractError>) -> TransportFailure {
    let error = result.err().expect("an error");
    error.transport().expect("a transport failure").clone()
}

#[tokio::test]
async fn an_option_within_an_option_does_not_cross() {
    let boxed = Item {
        label: Some(None),
        ..item("a", 1)
    };
    let failure = transport(wired().put(boxed).await);
    assert_eq!(failure.to, "shelf.put");
    assert_eq!(
        failure.reason,
        "call can't cross: it comes out as another value; is a field skipped, or rounded?"
    );
}

#[tokio::test]
async fn a_panic_does_not_cross() {
    let failure = transport(wired().get("bomb".into()).await);
    assert_eq!(
        failure,
        TransportFailure::new("shelf.get", "implementation panicked: boom: bomb")
    );
}

/// Has a field that JSON can't hold, and one that it leaves out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Reading {
    values: Vec<f64>,
    #[serde(skip)]
    note: String,
}

/// A device that reports readings.
#[seam::contract(name = "gauge")]
trait Gauge: Send + Sync {
    /// Gives back what it is given.
    #[read]
    async fn measure(&self, reading: Reading) -> Result<Reading, Silence>;

    /// Makes a reading of its own.
    #[read]
    async fn invent(&self, value: Option<u8>) -> Result<Reading, Silence>;
}

struct Faithful;

#[seam::async_trait]
impl Gauge for Faithful {
    async fn measure(&self, reading: Reading) -> Result<Reading, Silence> {
        Ok(reading)
    }

    async fn invent(&self, value: Option<u8>) -> Result<Reading, Silence> {
        let value = value.map_or(f64::NAN, f64::from);
        Ok(Reading {
            values: vec![1.0, value],
            note: String::new(),
        })
    }
}

fn gauge() -> Via<Wire<dyn Gauge>> {
    Via(Wire(Arc::new(Faithful)))
}

fn reading(value: f64, note: &str) -> Reading {
    Reading {
        values: vec![value],
        note: note.to_owned(),
    }
}

#[tokio::test]
async fn what_json_can_not_hold_is_named_with_its_place() {
    assert_eq!(gauge().measure(reading(0.5, "")).await, Ok(reading(0.5, "")));
    let call = transport(gauge().measure(reading(f64::INFINITY, "")).await);
    assert_eq!(call.to, "gauge.measure");
    assert!(
        call.reason
            .starts_with("call can't cross: reading measure.reading.values[0]: "),
        "{call}"
    );
    let reply = transport(gauge().invent(None).await);
    assert!(
        reply
            .reason
            .starts_with("reply can't cross: reading invent.Ok.values[1]: "),
        "{reply}"
    );
}

#[tokio::test]
async fn a_field_left_out_on_the_way_is_noticed() {
    let failure = transport(gauge().measure(reading(0.5, "gone")).await);
    assert_eq!(
        failure.reason,
        "call can't cross: it comes out as another value; is a field skipped, or rounded?"
    );
    assert_eq!(
        gauge().invent(Some(3)).await.map(|reading| reading.values),
        Ok(vec![1.0, 3.0])
    );
}

#[tokio::test]
async fn domain_errors_cross() {
    assert_eq!(
        wired().get("é\u{0}🦀".into()).await,
        Err(ShelfError::Missing("é\u{0}🦀".into()))
    );
}
