//! Sequences that are made smaller.

use std::sync::{
    Arc,
    atomic::{AtomicU64, Ordering::SeqCst},
};

use proptest::prelude::*;
use seam::{
    BoxFuture, Carrier, Contract, TransportFailure,
    equivalence::{Cell, Counterexample, Instance, Model, Origin, Suite},
};

#[seam::contract(name = "crates")]
trait Crates: Send + Sync {
    /// Takes so many off the stack, and puts one on.
    #[write]
    async fn take(&self, count: u64) -> Result<(), TransportFailure>;
}

/// Calls ask for at most so many.
#[derive(Clone, Debug, PartialEq)]
struct Stack(u64);

impl Model for Stack {
    type Contract = dyn Crates;

    fn call(&self) -> BoxedStrategy<CratesCall> {
        (0..=self.0).prop_map(|count| CratesCall::Take { count }).boxed()
    }

    fn apply(&mut self, _: &CratesCall) -> CratesReply {
        CratesReply::Take(Ok(()))
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "take", "ok")])
    }
}

/// Breaks as soon as there are as many as are to be taken.
#[derive(Default)]
struct Weak(AtomicU64);

impl Carrier<dyn Crates> for Weak {
    fn carry(&self, call: CratesCall) -> BoxFuture<'_, CratesReply> {
        let there = self.0.fetch_add(1, SeqCst);
        let CratesCall::Take { count } = call;
        let broken = TransportFailure::new("crates", "broken");
        let taken = if there >= count { Err(broken) } else { Ok(()) };
        Box::pin(std::future::ready(CratesReply::Take(taken)))
    }
}

fn found(most: u64, seed: u64) -> Counterexample {
    let suite = Suite::new("crates", Stack(most)).subject("weak", || async {
        Ok::<_, String>(Instance::new(<dyn Crates>::via(Arc::new(Weak::default()))))
    });
    let failure = suite.seed(seed).run().unwrap_err();
    failure.counterexample().unwrap_or_else(|| panic!("{failure}")).clone()
}

#[test]
fn calls_that_only_simpler_ones_can_do_without_are_taken_away_too() {
    for seed in 0..32 {
        let found = found(12, seed);

        assert_eq!(found.history.len(), 1, "{found}");
        assert_eq!(found.history[0].arguments, r#"{"count":0}"#, "{found}");
    }
}

#[test]
fn what_comes_after_the_difference_is_taken_away_at_once() {
    let found = found(0, 0);

    assert_eq!(found.history.len(), 1, "{found}");
    let Origin::Drawn { runs, calls, .. } = found.origin else {
        panic!("{found}");
    };
    assert_eq!((calls, runs), (20, 1), "{found}");
}
