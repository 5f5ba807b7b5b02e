//! Differences between replies that read the same: values that JSON does not show, and effects that the model does
//! not mention.

use std::{sync::Arc, time::Duration};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Cell, Failure, Instance, Model, Rule, Suite},
};
use serde::{Deserialize, Serialize, Serializer, ser::Error as _};

#[seam::contract(name = "safe")]
trait Safe: Send + Sync {
    #[read]
    async fn open(&self) -> Result<Content, SafeError>;
}

#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Content {
    shown: u8,
    #[serde(skip)]
    hidden: u8,
    #[serde(serialize_with = "no_zero")]
    unspeakable: u8,
}

/// Nothing can be written that holds a zero here.
fn no_zero<S: Serializer>(number: &u8, serializer: S) -> Result<S::Ok, S::Error> {
    match number {
        0 => Err(S::Error::custom("a zero")),
        number => number.serialize(serializer),
    }
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
enum SafeError {
    #[error(transparent)]
    Transport(#[from] TransportFailure),
}

impl seam::ContractError for SafeError {
    fn transport(&self) -> Option<&TransportFailure> {
        let Self::Transport(failure) = self;
        Some(failure)
    }
}

#[derive(Clone, Debug, PartialEq)]
struct Kept(Content);

impl Model for Kept {
    type Contract = dyn Safe;

    fn next_call(&self) -> BoxedStrategy<SafeCall> {
        Just(SafeCall::Open {}).boxed()
    }

    fn apply(&mut self, _: &SafeCall) -> SafeReply {
        SafeReply::Open(Ok(self.0.clone()))
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "open", "ok")])
    }
}

struct Shows(Content);

impl Carrier<dyn Safe> for Shows {
    fn carry(&self, _: SafeCall) -> BoxFuture<'_, SafeReply> {
        Box::pin(std::future::ready(SafeReply::Open(Ok(self.0.clone()))))
    }
}

fn content(shown: u8, hidden: u8, unspeakable: u8) -> Content {
    Content {
        shown,
        hidden,
        unspeakable,
    }
}

/// Compares what the model keeps with what a subject shows, one after the other or at once.
fn compared(kept: Content, shows: Content) -> [Result<(), Failure>; 2] {
    let suite = || {
        let shows = shows.clone();
        let suite = Suite::new("safe", Kept(kept.clone())).cases(1).calls(1);
        let suite = suite.rule(Rule::ignored("shown", "safes", "to see"));
        suite.subject("safe", move || {
            let safe = Arc::new(Shows(shows.clone()));
            async move { Ok::<_, String>(Instance::new(<dyn Safe>::via(safe))) }
        })
    };
    let at_once = suite().run_concurrently(1, |_| seam::equivalence::Completion::Ok);
    [suite().run().map(drop), at_once.map(drop)]
}

#[test]
fn a_difference_that_json_does_not_show_is_found() {
    let [alone, at_once] = compared(content(1, 1, 1), content(1, 2, 1));

    let failure = alone.unwrap_err().to_string();
    assert!(
        failure.contains("these differ in something that their JSON does not show"),
        "{failure}"
    );
    assert!(matches!(at_once, Err(Failure::NotLinearizable { .. })));
}

#[test]
fn a_model_that_says_nothing_of_effects_expects_none() {
    let did = |effects: Vec<serde_json::Value>| {
        let suite = Suite::new("safe", Kept(content(1, 1, 1)))
            .cases(1)
            .settling(Duration::ZERO);
        let suite = suite.subject("safe", move || {
            let instance = Instance::new(<dyn Safe>::via(Arc::new(Shows(content(1, 1, 1)))));
            let effects = effects.clone();
            let instance = instance.with_effects(move || std::future::ready(Ok::<_, String>(effects.clone())));
            async { Ok::<_, String>(instance) }
        });
        suite.run()
    };

    assert!(did(Vec::new()).is_ok());
    assert!(matches!(did(vec![1.into()]), Err(Failure::Different(_))));
}

#[test]
fn replies_that_have_no_json_and_differ_are_found() {
    let [alone, at_once] = compared(content(1, 0, 0), content(2, 0, 0));

    assert!(matches!(alone, Err(Failure::Different(_))));
    assert!(matches!(at_once, Err(Failure::NotLinearizable { .. })));
}

#[test]
fn a_difference_that_a_rule_allows_passes() {
    assert!(compared(content(1, 1, 1), content(2, 1, 1)).iter().all(Result::is_ok));
}
