//! Sequences that are made smaller.

use std::sync::{
    Arc,
    atomic::{AtomicBool, AtomicU64, Ordering::SeqCst},
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
    /// Ties the stack down, or unties it.
    #[write]
    async fn tie(&self, tied: bool) -> Result<(), TransportFailure>;
}

/// Condition of a failure: a number of calls, or one call after the stack was tied and untied.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stack {
    AtMost(u64),
    Tied,
}

impl Model for Stack {
    type Contract = dyn Crates;

    fn next_call(&self) -> BoxedStrategy<CratesCall> {
        let take = |count| CratesCall::Take { count };
        match *self {
            Self::AtMost(most) => (0..=most).prop_map(take).boxed(),
            Self::Tied => prop_oneof![
                9 => any::<bool>().prop_map(|tied| CratesCall::Tie { tied }),
                1 => Just(take(0)),
            ]
            .no_shrink()
            .boxed(),
        }
    }

    fn apply(&mut self, call: &CratesCall) -> CratesReply {
        match call {
            CratesCall::Take { .. } => CratesReply::Take(Ok(())),
            CratesCall::Tie { .. } => CratesReply::Tie(Ok(())),
        }
    }

    fn reachable() -> Vec<Cell> {
        Cell::table(&[("any", "take", "ok"), ("any", "tie", "ok")])
    }
}

/// Breaks as soon as there are as many as are to be taken, unless it is tied.
#[derive(Default)]
struct Weak {
    there: AtomicU64,
    tied: AtomicBool,
}

impl Carrier<dyn Crates> for Weak {
    fn carry(&self, call: CratesCall) -> BoxFuture<'_, CratesReply> {
        let reply = match call {
            CratesCall::Take { count } => {
                let there = self.there.fetch_add(1, SeqCst);
                let breaks = there >= count && !self.tied.load(SeqCst);
                let broken = TransportFailure::new("crates", "broken");
                CratesReply::Take(if breaks { Err(broken) } else { Ok(()) })
            }
            CratesCall::Tie { tied } => {
                self.tied.store(tied, SeqCst);
                CratesReply::Tie(Ok(()))
            }
        };
        Box::pin(std::future::ready(reply))
    }
}

fn found(stack: Stack, seed: u64) -> Counterexample {
    let suite = Suite::new("crates", stack).subject("weak", || async {
        Ok::<_, String>(Instance::new(<dyn Crates>::via(Arc::new(Weak::default()))))
    });
    let failure = suite.seed(seed).run().unwrap_err();
    failure.counterexample().unwrap_or_else(|| panic!("{failure}")).clone()
}

#[test]
fn calls_that_only_simpler_ones_can_do_without_are_taken_away_too() {
    for seed in 0..32 {
        let found = found(Stack::AtMost(12), seed);

        assert_eq!(found.history.len(), 1, "{found}");
        assert_eq!(found.history[0].arguments, r#"{"count":0}"#, "{found}");
    }
}

#[test]
fn calls_that_are_needed_only_because_of_others_are_taken_away_after_these() {
    for seed in 0..64 {
        let found = found(Stack::Tied, seed);

        let methods: Vec<_> = found.history.iter().map(|exchange| exchange.method).collect();
        assert_eq!(methods, ["take"], "{found}");
    }
}

#[test]
fn what_comes_after_the_difference_is_taken_away_at_once() {
    let found = found(Stack::AtMost(0), 0);

    assert_eq!(found.history.len(), 1, "{found}");
    let Origin::Drawn { runs, calls, .. } = found.origin else {
        panic!("{found}");
    };
    assert_eq!((calls, runs), (20, 1), "{found}");
}
