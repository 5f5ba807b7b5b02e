use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use seam::{BoxFuture, Carrier, Contract, Direct, Via, caught};

use crate::samples::{Echo, Parrot, Shelf, ShelfError, Wooden, item};

/// Counts the calls that it carries on.
struct Counting<C: Contract + ?Sized> {
    next: Arc<C>,
    calls: Arc<AtomicUsize>,
}

impl<C: Contract + ?Sized> Carrier<C> for Counting<C> {
    fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
        self.calls.fetch_add(1, Ordering::Relaxed);
        self.next.dispatch(call)
    }
}

fn counting<C: Contract + ?Sized>(next: Arc<C>) -> (Arc<C>, Arc<AtomicUsize>) {
    let calls = Arc::new(AtomicUsize::new(0));
    let carrier = Counting {
        next,
        calls: Arc::clone(&calls),
    };
    (C::via(Arc::new(carrier)), calls)
}

#[tokio::test]
async fn one_wrapper_serves_two_contracts() {
    let (shelf, on_shelf) = counting::<dyn Shelf>(Arc::new(Wooden::default()));
    let (echo, on_echo) = counting::<dyn Echo>(Arc::new(Parrot));

    shelf.put(item("a", 1)).await.unwrap();
    assert_eq!(shelf.count().await, Ok(1));
    assert_eq!(echo.say("hello".into()).await, Ok("hello".into()));

    assert_eq!(on_shelf.load(Ordering::Relaxed), 2);
    assert_eq!(on_echo.load(Ordering::Relaxed), 1);
}

#[tokio::test]
async fn direct_answers_as_the_service_does() {
    let service: Arc<dyn Shelf> = Arc::new(Wooden::default());
    let shelf = Via(Direct(Arc::clone(&service)));
    assert_eq!(shelf.put(item("a", 1)).await, Ok(item("a", 1)));
    assert_eq!(service.get("a".into()).await, Ok(item("a", 1)));
    assert_eq!(shelf.get("b".into()).await, Err(ShelfError::Missing("b".into())));
}

#[tokio::test]
async fn a_panic_goes_through_direct() {
    let shelf = Via(Direct::<dyn Shelf>(Arc::new(Wooden::default())));
    let panic = caught(shelf.get("bomb".into())).await.unwrap_err();
    assert_eq!(panic.message, "boom: bomb");
}

#[tokio::test]
async fn wrappers_stack() {
    let (inner, seen_inside) = counting::<dyn Echo>(Arc::new(Parrot));
    let (outer, seen_outside) = counting(inner);
    assert_eq!(outer.say("x".into()).await, Ok("x".into()));
    assert_eq!(
        (
            seen_inside.load(Ordering::Relaxed),
            seen_outside.load(Ordering::Relaxed)
        ),
        (1, 1)
    );
}
