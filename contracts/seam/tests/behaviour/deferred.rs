use std::{sync::Arc, time::Duration};

use seam::{Context, Deferred};

use crate::samples::{Echo, Parrot};

#[tokio::test]
async fn a_call_made_before_the_service_is_named_waits_for_it() {
    let (slot, echo) = Deferred::<dyn Echo>::new();
    let early = tokio::spawn({
        let echo = Arc::clone(&echo);
        async move { echo.say("early".into()).await }
    });
    tokio::task::yield_now().await;
    assert!(!early.is_finished());

    slot.set(Arc::new(Parrot));

    assert_eq!(early.await.unwrap(), Ok("early".into()));
    assert_eq!(echo.say("late".into()).await, Ok("late".into()));
}

#[tokio::test]
async fn a_slot_dropped_unset_fails_its_calls() {
    let (slot, echo) = Deferred::<dyn Echo>::new();
    drop(slot);
    let failure = echo.say("x".into()).await.unwrap_err();
    assert_eq!(
        failure.to_string(),
        "outcome of the call to echo is unknown: it was never wired up"
    );
}

#[tokio::test(start_paused = true)]
async fn a_call_waits_no_longer_than_its_deadline() {
    let (_slot, echo) = Deferred::<dyn Echo>::new();
    let context = Context::root("somebody").within(Duration::from_millis(20));
    let failure = context.scope(echo.say("x".into())).await.unwrap_err();
    assert!(
        failure.to_string().ends_with("it was not wired up before the deadline"),
        "{failure}"
    );
}
