//! Values that are the same by chance.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Cell, Instance, Model, Rule, Suite},
};
use serde::{Deserialize, Serialize};
use tempfile::TempDir;

#[seam::contract(name = "labels")]
trait Labels: Send + Sync {
    #[write]
    async fn stick(&self, colour: u64, glossy: bool) -> Result<Label, TransportFailure>;
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Label {
    id: u64,
    colour: u64,
    glossy: bool,
}

/// Counts from 100; a colour is 1 or 2.
#[derive(Clone, Debug, Default, PartialEq)]
struct Roll(u64);

impl Model for Roll {
    type Contract = dyn Labels;

    fn next_call(&self) -> BoxedStrategy<LabelsCall> {
        let stick = |(colour, glossy)| LabelsCall::Stick { colour, glossy };
        (1..=2_u64, prop::bool::weighted(0.1)).prop_map(stick).boxed()
    }

    fn apply(&mut self, call: &LabelsCall) -> LabelsReply {
        let LabelsCall::Stick { colour, glossy } = *call;
        self.0 += 1;
        let id = 100 + self.0;
        LabelsReply::Stick(Ok(Label { id, colour, glossy }))
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "stick", "ok")])
    }
}

/// Has ids of its own, and no glossy paper.
#[derive(Default)]
struct Matt(AtomicU64);

impl Carrier<dyn Labels> for Matt {
    fn carry(&self, call: LabelsCall) -> BoxFuture<'_, LabelsReply> {
        let LabelsCall::Stick { colour, .. } = call;
        let id = 1_000 + self.0.fetch_add(1, SeqCst);
        let glossy = false;
        Box::pin(std::future::ready(LabelsReply::Stick(Ok(Label { id, colour, glossy }))))
    }
}

fn suite(own: &str) -> Suite<Roll> {
    let suite = Suite::new("labels", Roll::default()).rule(Rule::renamed(own, "labels", "each roll has its own"));
    suite.subject("matt", || async {
        Ok::<_, String>(Instance::new(<dyn Labels>::via(Arc::new(Matt::default()))))
    })
}

#[test]
fn a_call_with_a_value_that_an_earlier_reply_happens_to_show_is_made_smaller_without_it() {
    let suite =
        Suite::new("labels", Roll::default()).rule(Rule::renamed("id", "labels", "each roll counts for itself"));
    let suite = suite.subject("matt", || async {
        Ok::<_, String>(Instance::new(<dyn Labels>::via(Arc::new(Matt::default()))))
    });

    let failure = suite.run().unwrap_err();

    let found = failure.counterexample().unwrap_or_else(|| panic!("{failure}"));
    assert!(found.difference.step == 0 && found.history.len() == 1, "{failure}");
    assert_eq!(found.history[0].arguments, r#"{"colour":1,"glossy":true}"#);
}

#[test]
fn a_value_that_a_call_brings_along_is_not_taken_from_its_own_reply() {
    let folder = TempDir::new().unwrap();
    let suite = suite("colour").rule(Rule::renamed("id", "labels", "each roll counts for itself"));

    let failure = suite.calls(1).regressions(folder.path()).run().unwrap_err();

    let file = failure.counterexample().unwrap().saved.clone().unwrap();
    let saved: serde_json::Value = serde_json::from_str(&std::fs::read_to_string(file).unwrap()).unwrap();
    assert!(saved["steps"][0]["call"]["stick"]["colour"].is_u64(), "{saved}");
    assert_eq!(saved["steps"][0].get("from"), None);
}
