use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use seam::{Bulkhead, BulkheadStats, Context, Retry, RetryBudget, RetryPolicy, Via};

use super::{Act, Scripted, unsent};
use crate::samples::Shelf;

#[tokio::test(start_paused = true)]
async fn a_full_one_refuses_at_once_and_a_call_that_is_given_up_makes_room() {
    let hanging = Scripted::first([Act::Hang, Act::Hang]);
    let bulkhead = Arc::new(Bulkhead::<dyn Shelf>::new(hanging.clone(), 2));
    let shelf = Via(Arc::clone(&bulkhead));
    let begun = tokio::time::Instant::now();

    let mut calls = Box::pin(join_all([shelf.get("a".into()), shelf.get("b".into())]));
    assert!(futures::poll!(&mut calls).is_pending());
    let refused = unsent(shelf.get("c".into()).await);

    assert_eq!(
        refused,
        "the call to shelf was not sent: 2 calls to it are under way, and no more are allowed"
    );
    assert_eq!(begun.elapsed(), Duration::ZERO, "a refusal waits for nothing");
    assert_eq!(hanging.arrived(), 2, "a refused call is not sent");
    assert_eq!(
        bulkhead.stats(),
        BulkheadStats {
            under_way: 2,
            refused: 1
        }
    );

    drop(calls);
    assert!(shelf.get("c".into()).await.is_ok());
    assert_eq!(
        bulkhead.stats(),
        BulkheadStats {
            under_way: 0,
            refused: 1
        }
    );
}

#[tokio::test(start_paused = true)]
async fn a_destination_that_hangs_holds_up_no_call_to_another() {
    let (hung, well) = (Scripted::always(Act::Hang), Scripted::default());
    let to_hung = Via(Arc::new(Bulkhead::<dyn Shelf>::new(hung, 4)));
    let to_well = Via(Arc::new(Bulkhead::<dyn Shelf>::new(well, 4)));
    let mut calls = Box::pin(join_all((0..20).map(|_| to_hung.count())));
    assert!(futures::poll!(&mut calls).is_pending());

    for _ in 0..20 {
        assert_eq!(to_well.count().await, Ok(0));
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_call_is_not_repeated_and_one_in_backoff_holds_no_permit() {
    let link = Scripted::first([Act::Silence]);
    let bulkhead = Arc::new(Bulkhead::<dyn Shelf>::new(link.clone(), 1));
    let policy = RetryPolicy {
        first_pause: Duration::from_secs(60),
        longest_pause: Duration::from_secs(60),
        ..RetryPolicy::default()
    };
    let shelf = Via(Arc::new(Retry::new(
        Arc::clone(&bulkhead),
        policy,
        RetryBudget::default(),
    )));

    let mut waiting = Box::pin(shelf.count());
    assert!(futures::poll!(&mut waiting).is_pending());
    assert_eq!(bulkhead.stats().under_way, 0, "it waits for its next attempt");
    assert_eq!(shelf.count().await, Ok(0));
    assert_eq!(waiting.await, Ok(0));
    assert_eq!(link.arrived(), 3);

    let full = Via(Arc::new(Retry::new(
        Bulkhead::<dyn Shelf>::new(link.clone(), 0),
        policy,
        RetryBudget::default(),
    )));
    let begun = tokio::time::Instant::now();
    unsent(Context::root("test").scope(full.count()).await);
    assert_eq!((begun.elapsed(), link.arrived()), (Duration::ZERO, 3));
}
