use std::sync::Arc;

use seam::{BoxFuture, Carrier, Contract, Outcome, TransportFailure, Via, observe};

use crate::samples::{Shelf, ShelfCall, ShelfError, ShelfReply, Wooden, item};

/// Never brings an answer.
struct Cut;

impl<C: Contract + ?Sized> Carrier<C> for Cut {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        Box::pin(async move { C::failed(&call, failure()) })
    }
}

fn failure() -> TransportFailure {
    TransportFailure::new("shelf", "the wire is cut")
}

fn get(name: &str) -> ShelfCall {
    ShelfCall::Get { name: name.to_owned() }
}

#[tokio::test]
async fn the_four_outcomes_are_kept_apart() {
    let shelf: Arc<dyn Shelf> = Arc::new(Wooden::default());
    shelf.put(item("a", 1)).await.unwrap();
    let cut: Arc<dyn Shelf> = Arc::new(Via(Cut));

    let value = observe(&*shelf, get("a")).await;
    let refused = observe(&*shelf, get("b")).await;
    let unknown = observe(&*cut, get("a")).await;
    let broken = observe(&*shelf, get("bomb")).await;

    assert_eq!(value, Outcome::Value(ShelfReply::Get(Ok(item("a", 1)))));
    assert_eq!(
        refused,
        Outcome::DomainError(ShelfReply::Get(Err(ShelfError::Missing("b".into()))))
    );
    assert_eq!(unknown, Outcome::Transport(failure()));
    assert!(
        matches!(&broken, Outcome::Panic(panic) if panic.message == "boom: bomb"),
        "{broken:?}"
    );
    let all = [value, refused, unknown, broken];
    assert_eq!(
        all.each_ref().map(Outcome::kind),
        ["value", "domain_error", "transport", "panic"]
    );
    assert_eq!(all.each_ref().map(Outcome::is_known), [true, true, false, false]);
}

#[test]
fn a_result_sorts_itself() {
    let outcome = |result: Result<u64, ShelfError>| Outcome::from(result);
    assert_eq!(outcome(Ok(1)), Outcome::Value(1));
    assert_eq!(
        outcome(Err(ShelfError::Transport(failure()))),
        Outcome::Transport(failure())
    );
    let missing = ShelfError::Missing("a".into());
    assert_eq!(outcome(Err(missing.clone())), Outcome::DomainError(missing));
}

#[tokio::test]
async fn a_panic_with_a_value_that_is_no_text_is_still_a_panic() {
    let panic = seam::caught(async { std::panic::panic_any(7) }).await.unwrap_err();
    assert_eq!(panic.to_string(), "implementation panicked: a value that is not text");
}
