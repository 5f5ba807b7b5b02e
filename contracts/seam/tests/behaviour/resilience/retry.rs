use std::{sync::Arc, time::Duration};

use futures::future::join_all;
use proptest::prelude::*;
use seam::{
    Breaker, BreakerPolicy, Context, Retry, RetryBudget, RetryPolicy, RetryStats, TransportFailure, Via, chance::Chance,
};
use tokio::time::Instant;

use super::{Act, Scripted, unsent};
use crate::samples::{Shelf, ShelfError, item};

/// A policy whose pauses are what is drawn, from nothing to these.
const PATIENT: RetryPolicy = RetryPolicy {
    attempts: 4,
    first_pause: Duration::from_secs(8),
    longest_pause: Duration::from_secs(20),
};

type Tried = Via<Arc<Retry<dyn Shelf>>>;

fn retrying(link: &Scripted, policy: RetryPolicy, budget: RetryBudget) -> Tried {
    Via(Arc::new(Retry::new(link.clone(), policy, budget)))
}

#[tokio::test(start_paused = true)]
async fn reads_and_idempotent_writes_are_repeated_until_an_answer_comes_and_other_writes_never() {
    for (attempts, answered) in [(3, false), (4, true), (9, true)] {
        let policy = RetryPolicy { attempts, ..PATIENT };
        let link = Scripted::first([Act::Silence, Act::Silence, Act::Silence]);
        assert_eq!(
            retrying(&link, policy, RetryBudget::default()).count().await.is_ok(),
            answered
        );
        assert_eq!(link.arrived(), attempts.min(4));

        let link = Scripted::first([Act::Silence, Act::Silence, Act::Silence]);
        let put = retrying(&link, policy, RetryBudget::default()).put(item("a", 1)).await;
        assert_eq!(put.is_ok(), answered);

        let link = Scripted::first([Act::Silence]);
        let taken = retrying(&link, policy, RetryBudget::default()).take(None, (0, 9)).await;
        assert!(taken.is_err());
        assert_eq!(link.arrived(), 1, "a write that nobody calls idempotent goes out once");
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_is_never_repeated_whatever_it_says() {
    let link = Scripted::first([Act::Silence, Act::Refuse]);
    let shelf = retrying(&link, PATIENT, RetryBudget::default());

    assert_eq!(shelf.get("a".into()).await, Err(ShelfError::Missing("a".into())));
    assert_eq!(link.arrived(), 2);
}

#[tokio::test(start_paused = true)]
async fn pauses_are_drawn_from_nothing_to_a_limit_that_grows_as_the_seed_says() {
    let pauses = async |seed| {
        Chance::seeded(seed)
            .scope(async {
                let mut pauses = vec![];
                for silent in 1..=3 {
                    let link = Scripted::first(vec![Act::Silence; silent]);
                    let begun = Instant::now();
                    let answer = retrying(&link, PATIENT, RetryBudget::default()).count().await;
                    assert!(answer.is_ok());
                    pauses.push(begun.elapsed());
                }
                pauses
            })
            .await
    };
    let (mut shortest, mut longest) = ([Duration::MAX; 3], [Duration::ZERO; 3]);
    for seed in 0..200 {
        for (index, pause) in pauses(seed).await.into_iter().enumerate() {
            shortest[index] = shortest[index].min(pause);
            longest[index] = longest[index].max(pause);
        }
    }

    assert_eq!(pauses(7).await, pauses(7).await);
    let seconds = |all: [Duration; 3]| all.map(|pause| pause.as_secs_f64());
    let (shortest, longest) = (seconds(shortest), seconds(longest));
    assert!(shortest[0] < 0.5, "full jitter begins at nothing: {shortest:?}");
    // Limits of 8, 8 + 16, and 8 + 16 + 20 seconds.
    for (longest, limit) in longest.into_iter().zip([8.0, 24.0, 44.0]) {
        assert!(
            longest <= limit + 0.01 && longest > limit * 0.75,
            "{longest} of {limit}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn not_done_is_never_said_of_a_call_that_may_have_happened() {
    for busy in [Act::Busy, Act::Unsent] {
        let link = Scripted::first([Act::Silence, busy.clone()]);
        let put = retrying(&link, PATIENT, RetryBudget::default()).put(item("a", 1)).await;
        assert_eq!(
            put,
            Err(ShelfError::Transport(TransportFailure::new("shelf", "cut"))),
            "{busy:?}"
        );
        assert_eq!(link.arrived(), 2, "and it is not sent a third time");
    }
    let link = Scripted::first([Act::Busy]);
    let put = retrying(&link, PATIENT, RetryBudget::default()).put(item("a", 1)).await;
    assert_eq!((put, link.arrived()), (Err(ShelfError::Busy), 1));
}

#[tokio::test(start_paused = true)]
async fn a_longer_wait_that_the_other_side_asks_for_is_kept() {
    let asked = Duration::from_secs(30);
    let link = Scripted::first([Act::AskedToWait(asked)]);
    let begun = Instant::now();

    assert!(retrying(&link, PATIENT, RetryBudget::default()).count().await.is_ok());
    assert_eq!(begun.elapsed(), asked);
}

#[tokio::test(start_paused = true)]
async fn no_retry_begins_at_the_deadline_or_later() {
    for (left, attempts, ends) in [(29, 1, 0), (30, 1, 0), (31, 2, 30)] {
        let link = Scripted::first([Act::AskedToWait(Duration::from_secs(30)), Act::Silence]);
        let policy = RetryPolicy { attempts: 2, ..PATIENT };
        let shelf = retrying(&link, policy, RetryBudget::default());
        let begun = Instant::now();

        let context = Context::root("test").within(Duration::from_secs(left));
        assert!(context.scope(shelf.count()).await.is_err());

        assert_eq!(
            (link.arrived(), begun.elapsed().as_secs()),
            (attempts, ends),
            "{left} s left"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_open_circuit_is_not_retried() {
    let link = Scripted::always(Act::Silence);
    let policy = BreakerPolicy {
        failures: 1,
        open: Duration::from_secs(3_600),
    };
    let breaker = Breaker::new(link.clone(), policy);
    let retry = Arc::new(Retry::new(breaker, PATIENT, RetryBudget::default()));
    let shelf = Via(Arc::clone(&retry));

    // The first attempt opens the circuit, and the second one is refused. The first may have happened all the same.
    let unknown = shelf.count().await.unwrap_err();
    assert_eq!(unknown, ShelfError::Transport(TransportFailure::new("shelf", "cut")));
    let begun = Instant::now();
    unsent(shelf.count().await);

    assert_eq!((link.arrived(), begun.elapsed()), (1, Duration::ZERO));
    assert_eq!((retry.stats().calls, retry.stats().retries), (2, 1));
}

#[tokio::test(start_paused = true)]
async fn retries_that_wait_in_backoff_count_against_the_budget() {
    let link = Scripted::always(Act::Silence);
    let retry = Arc::new(Retry::new(link.clone(), PATIENT, RetryBudget::new(20, 10)));
    let shelf = Via(Arc::clone(&retry));

    // All fail at once, before any of them has made its retry.
    let mut calls = Box::pin(join_all((0..100).map(|_| shelf.count())));
    assert!(futures::poll!(&mut calls).is_pending());
    let at_once = retry.stats();
    assert_eq!(
        (at_once.retries, at_once.over_budget),
        (0, 70),
        "10 that were saved and a fifth of 100 wait; the others were left out"
    );

    calls.await;
    let done = retry.stats();
    let RetryStats { calls, retries, .. } = done;
    assert_eq!(u64::from(link.arrived()), calls + retries);
    assert!(retries >= 30, "{done:?}");
}

#[tokio::test(start_paused = true)]
async fn a_long_good_time_saves_no_more_than_ten_seconds_of_retries() {
    let link = Scripted::first(vec![Act::Answer; 10_000]).and_then(Act::Silence);
    let retry = Arc::new(Retry::new(link, PATIENT, RetryBudget::new(20, 10)));
    let shelf = Via(Arc::clone(&retry));
    for _ in 0..10_000 {
        assert!(shelf.count().await.is_ok());
    }
    tokio::time::sleep(Duration::from_secs(3_600)).await;

    let mut calls = Box::pin(join_all((0..200).map(|_| shelf.count())));
    assert!(futures::poll!(&mut calls).is_pending());

    // 100 that were saved, and a fifth of 200; the first call's fifth is more than can be saved.
    assert_eq!(retry.stats().over_budget, 200 - 139);
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    /// Amplification is bounded: in any second that passes, whatever fails.
    #[test]
    fn requests_are_at_most_a_share_of_the_calls_and_a_rate_over_time(
        percent in 0_u32..=100,
        per_second in 0_u32..=20,
        bursts in prop::collection::vec((1_usize..60, 0_u64..3_000), 1..20),
        seed: u64,
    ) {
        let run = Chance::seeded(seed).scope(async move {
            let link = Scripted::always(Act::Silence);
            let policy = RetryPolicy { attempts: 5, first_pause: Duration::from_millis(50), ..RetryPolicy::default() };
            let retry = Arc::new(Retry::new(link.clone(), policy, RetryBudget::new(percent, per_second)));
            let shelf = Via(Arc::clone(&retry));
            let begun = Instant::now();
            for (callers, pause) in bursts {
                join_all((0..callers).map(|_| shelf.count())).await;
                tokio::time::sleep(Duration::from_millis(pause)).await;
                let stats = retry.stats();
                let seconds = begun.elapsed().as_secs_f64() + 1.0;
                let most = stats.calls as f64 * f64::from(percent) / 100.0 + f64::from(per_second) * seconds;
                prop_assert_eq!(u64::from(link.arrived()), stats.calls + stats.retries);
                prop_assert!(stats.retries as f64 <= most + 0.001, "{stats:?} after {seconds} s, wanted {most}");
            }
            Ok(())
        });
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(run)?;
    }
}
