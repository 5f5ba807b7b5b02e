//! A write with a key takes effect once, whoever repeats it concurrently, gives up half way, or restarts.

mod inventory;
mod notifications;
mod orders;
mod payments;
mod write;

use std::sync::Arc;

use commerce::ErrorCode;
use futures::future::join_all;
use seam::{Contract, equivalence::Instance};
use shared::testing::until;
use tempfile::TempDir;
use tests::equivalence::{Reach, Storage};

use self::{
    inventory::{Commit, Release, Reserve},
    notifications::Notify,
    orders::CreateOrder,
    payments::{Process, Refund},
    write::{Bodies, CallOf, Done, Opened, Refusable, ReplyOf, Write, name},
};
use crate::asking::give_up_after;

const CALLERS: usize = 8;

/// Number of polls after which a caller gives up, at most.
const POLLS: u32 = 12;

macro_rules! every_write {
    ($test:ident) => {
        on_a_runtime(async |reach| {
            $test::<CreateOrder>(reach).await;
            $test::<Process>(reach).await;
            $test::<Refund>(reach).await;
            $test::<Notify>(reach).await;
            $test::<Reserve>(reach).await;
            $test::<Release>(reach).await;
            $test::<Commit>(reach).await;
        })
    };
}

#[test]
fn the_same_request_from_eight_callers_at_once_is_done_once() {
    every_write!(same_request);
}

#[test]
fn a_key_with_several_bodies_at_once_does_what_one_of_them_says() {
    on_a_runtime(async |reach| {
        several_bodies::<CreateOrder>(reach).await;
        several_bodies::<Refund>(reach).await;
        several_bodies::<Notify>(reach).await;
        several_bodies::<Reserve>(reach).await;
    });
}

#[test]
fn a_caller_that_gives_up_anywhere_finds_it_done_once_when_it_asks_again() {
    every_write!(given_up);
}

#[test]
fn a_restart_between_two_requests_changes_no_answer_and_does_nothing_again() {
    every_write!(restarted);
}

#[test]
fn a_restart_does_not_change_what_a_key_was_refused() {
    on_a_runtime(async |reach| {
        refused::<CreateOrder>(reach).await;
        refused::<Refund>(reach).await;
        refused::<Notify>(reach).await;
    });
}

fn on_a_runtime(test: impl AsyncFn(Reach)) {
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(2)
        .enable_all()
        .build()
        .unwrap();
    for reach in [Reach::Direct, Reach::Router, Reach::Tcp] {
        runtime.block_on(test(reach));
    }
}

async fn same_request<W: Write>(reach: Reach) {
    let instance = prepared::<W>(Storage::Sqlite, reach).await;

    let replies = at_once::<W>(&instance, |_| 2).await;

    let answer = answered::<W>(&instance, 2).await;
    assert_eq!(
        W::Contract::error(&answer),
        None,
        "{}, {reach:?}: {answer:?}",
        name::<W>()
    );
    let done = replies.iter().filter(|reply| W::Contract::error(reply).is_none());
    assert!(
        done.clone().count() > 0,
        "{}, {reach:?}: nobody is answered",
        name::<W>()
    );
    done.for_each(|reply| assert_eq!(*reply, answer, "{}, {reach:?}: all the same", name::<W>()));
    for reply in &replies {
        let error = W::Contract::error(reply);
        let expected = matches!(error, None | Some(ErrorCode::InFlight));
        assert!(expected, "{}, {reach:?}: {reply:?}", name::<W>());
    }
    assert_done::<W>(&instance, 2, reach).await;
    instance.close().await;
}

async fn several_bodies<W: Bodies>(reach: Reach) {
    let instance = prepared::<W>(Storage::Sqlite, reach).await;
    let body_of = |caller: usize| i64::try_from(caller % 4).unwrap() + 1;

    let replies = at_once::<W>(&instance, body_of).await;

    let winner = replies.iter().position(|reply| W::Contract::error(reply).is_none());
    let winner = winner.unwrap_or_else(|| panic!("{}, {reach:?}: nobody is answered: {replies:?}", name::<W>()));
    for (caller, reply) in replies.iter().enumerate() {
        let wanted = if body_of(caller) == body_of(winner) {
            None
        } else {
            Some(W::OTHER_BODY)
        };
        match W::Contract::error(reply) {
            Some(ErrorCode::InFlight) => {}
            error => assert_eq!(error, wanted, "{}, {reach:?}, caller {caller}: {reply:?}", name::<W>()),
        }
    }
    for body in 1..=4 {
        let wanted = if body == body_of(winner) {
            None
        } else {
            Some(W::OTHER_BODY)
        };
        let reply = answered::<W>(&instance, body).await;
        assert_eq!(
            W::Contract::error(&reply),
            wanted,
            "{}, {reach:?}, body {body}: {reply:?}",
            name::<W>()
        );
    }
    assert_done::<W>(&instance, body_of(winner), reach).await;
    instance.close().await;
}

/// Gives up a call after one poll, then after two, and so on: each time a little further on.
async fn given_up<W: Write>(reach: Reach) {
    for polls in 0..POLLS {
        let instance = prepared::<W>(Storage::Sqlite, reach).await;

        give_up_after(polls, instance.service().dispatch(W::call(1))).await;

        let reply = answered::<W>(&instance, 1).await;
        let after = format!("{}, {reach:?}, given up after {polls} polls: {reply:?}", name::<W>());
        assert_eq!(W::Contract::error(&reply), None, "{after}");
        assert_done::<W>(&instance, 1, reach).await;
        instance.close().await;
    }
}

async fn restarted<W: Write>(reach: Reach) {
    let storage = Storage::Kept(Arc::new(TempDir::new().unwrap()));
    let before = prepared::<W>(storage.clone(), reach).await;
    let first = answered::<W>(&before, 3).await;
    assert_eq!(
        W::Contract::error(&first),
        None,
        "{}, {reach:?}: {first:?}",
        name::<W>()
    );
    before.close().await;

    let after = W::Contract::open(storage, reach).await.unwrap();

    assert_eq!(answered::<W>(&after, 3).await, first, "{}, {reach:?}", name::<W>());
    let Done { own, outside } = W::done(&after).await;
    assert!(
        own.iter().all(|done| *done == W::once(3)),
        "{}, {reach:?}: {own:?}",
        name::<W>()
    );
    // The outside world was replaced, and nothing has been requested of it.
    assert!(
        outside.iter().all(|done| *done == 0),
        "{}, {reach:?}: {outside:?}",
        name::<W>()
    );
    after.close().await;
}

async fn refused<W: Refusable>(reach: Reach) {
    let storage = Storage::Kept(Arc::new(TempDir::new().unwrap()));
    let before = prepared::<W>(storage.clone(), reach).await;
    let call = W::refused();
    let refused = before.service().dispatch(call.clone()).await;
    assert_eq!(
        W::Contract::error(&refused),
        Some(ErrorCode::Conflict),
        "{}, {reach:?}: {refused:?}",
        name::<W>()
    );
    let first = answered::<W>(&before, 3).await;
    assert_eq!(
        W::Contract::error(&first),
        None,
        "{}, {reach:?}: {first:?}",
        name::<W>()
    );
    before.close().await;

    let after = W::Contract::open(storage, reach).await.unwrap();

    assert_eq!(
        after.service().dispatch(call).await,
        refused,
        "{}, {reach:?}",
        name::<W>()
    );
    let reused = answered::<W>(&after, 4).await;
    assert_eq!(
        W::Contract::error(&reused),
        Some(W::OTHER_BODY),
        "{}, {reach:?}: {reused:?}",
        name::<W>()
    );
    after.close().await;
}

/// Opens the module and prepares it for the write.
async fn prepared<W: Write>(storage: Storage, reach: Reach) -> Instance<W::Contract> {
    let instance = W::Contract::open(storage, reach).await.unwrap();
    W::prepare(instance.service()).await;
    instance
}

/// The replies to eight concurrent callers, each with this body.
async fn at_once<W: Write>(instance: &Instance<W::Contract>, body: impl Fn(usize) -> i64) -> Vec<ReplyOf<W>> {
    let callers = (0..CALLERS).map(|caller| {
        let (service, call) = (instance.service(), W::call(body(caller)));
        tokio::spawn(async move { service.dispatch(call).await })
    });
    let callers: Vec<_> = callers.collect();
    join_all(callers).await.into_iter().map(Result::unwrap).collect()
}

/// Repeats the write until the reply is neither "in flight" nor "not available".
async fn answered<W: Write>(instance: &Instance<W::Contract>, body: i64) -> ReplyOf<W> {
    let (service, call): (_, CallOf<W>) = (instance.service(), W::call(body));
    until(&format!("{} is answered", name::<W>()), async || {
        let reply = service.dispatch(call.clone()).await;
        match W::Contract::error(&reply) {
            Some(ErrorCode::InFlight | ErrorCode::ServiceUnavailable | ErrorCode::OutcomeUnknown) => None,
            _ => Some(reply),
        }
    })
    .await
}

/// Asserts that every witness reports that the write was done once, with this body.
async fn assert_done<W: Write>(instance: &Instance<W::Contract>, body: i64, reach: Reach) {
    let Done { own, outside } = W::done(instance).await;
    let once = own.iter().chain(&outside).all(|done| *done == W::once(body));
    assert!(
        once,
        "{}, {reach:?}, body {body}: {own:?} inside, {outside:?} outside",
        name::<W>()
    );
}
