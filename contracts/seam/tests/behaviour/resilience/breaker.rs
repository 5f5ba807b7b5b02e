use std::{
    collections::HashMap,
    future::Future,
    pin::Pin,
    sync::{Arc, Mutex},
    time::Duration,
};

use futures::future::join_all;
use proptest::prelude::*;
use seam::{
    BoxFuture, Breaker, BreakerPolicy, BreakerStats, Carrier, CircuitState, Context, Contract, ContractError,
    TransportFailure, Via, caught,
};
use tokio::{sync::oneshot, time::Instant};

use super::{Act, Scripted, unsent};
use crate::samples::{Shelf, ShelfCall, ShelfError, ShelfReply};

const POLICY: BreakerPolicy = BreakerPolicy {
    failures: 3,
    open: Duration::from_secs(10),
};

type Broken = Arc<Breaker<dyn Shelf>>;

fn breaking(link: &Scripted) -> (Broken, Via<Broken>) {
    let breaker = Arc::new(Breaker::new(link.clone(), POLICY));
    (Arc::clone(&breaker), Via(breaker))
}

#[tokio::test(start_paused = true)]
async fn failures_in_a_row_open_it_and_any_answer_ends_the_row() {
    let link = Scripted::first([
        Act::Silence,
        Act::Silence,
        Act::Refuse,
        Act::Silence,
        Act::Silence,
        Act::Silence,
    ]);
    let (breaker, shelf) = breaking(&link);

    for _ in 0..5 {
        assert_eq!(breaker.stats().state, CircuitState::Closed);
        let _any = shelf.get("a".into()).await;
    }
    assert_eq!(
        breaker.stats().state,
        CircuitState::Closed,
        "a domain error is a success"
    );
    let _third_in_a_row = shelf.count().await;

    let refused = unsent(shelf.count().await);
    assert_eq!(
        refused,
        "the call to shelf was not sent: it did not answer the calls before this one"
    );
    let seen = breaker.stats();
    let wanted = BreakerStats {
        state: CircuitState::Open,
        opened: 1,
        refused: 1,
    };
    assert_eq!((seen, link.arrived()), (wanted, 6));
}

#[tokio::test(start_paused = true)]
async fn a_service_that_answers_that_it_does_not_know_the_outcome_is_not_away() {
    let link = Scripted::always(Act::Unknowing);
    let (breaker, shelf) = breaking(&link);

    for _ in 0..10 {
        assert!(shelf.count().await.is_err_and(|error| error.transport().is_some()));
    }

    assert_eq!((breaker.stats().state, link.arrived()), (CircuitState::Closed, 10));
}

#[tokio::test(start_paused = true)]
async fn half_open_lets_exactly_one_of_17_through() {
    let (link, told) = Told::new();
    let breaker = Arc::new(Breaker::<dyn Shelf>::new(link, POLICY));
    let shelf = Via(Arc::clone(&breaker));
    let mut opening = Box::pin(join_all((0..3).map(|_| shelf.count())));
    assert!(futures::poll!(&mut opening).is_pending());
    told.tell_all(Act::Silence);
    opening.await;
    tokio::time::sleep(POLICY.open).await;
    assert_eq!(breaker.stats().state, CircuitState::HalfOpen);

    let mut calls = Box::pin(join_all((0..17).map(|_| shelf.count())));
    assert!(futures::poll!(&mut calls).is_pending());

    assert_eq!(told.waiting(), 1, "one probe goes through");
    assert_eq!(breaker.stats().refused, 16);
    told.tell_all(Act::Answer);
    assert_eq!(calls.await.iter().filter(|answer| answer.is_ok()).count(), 1);
    assert_eq!(breaker.stats().state, CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn it_recovers_within_one_time_of_refusal() {
    let link = Scripted::first([Act::Silence, Act::Silence, Act::Silence]);
    let (_, shelf) = breaking(&link);
    let begun = Instant::now();
    for _ in 0..3 {
        assert!(shelf.count().await.is_err());
    }
    let look_again = Duration::from_millis(100);
    while shelf.count().await.is_err() {
        let took = begun.elapsed();
        assert!(took <= POLICY.open, "still refused after {took:?}");
        tokio::time::sleep(look_again).await;
    }
    assert!(begun.elapsed() <= POLICY.open + look_again, "{:?}", begun.elapsed());
    assert_eq!(link.arrived(), 4);
}

#[tokio::test(start_paused = true)]
async fn an_attempt_dropped_after_its_deadline_is_a_failure_and_an_earlier_one_is_none() {
    let link = Scripted::always(Act::Hang);
    let (breaker, shelf) = breaking(&link);
    let context = || Context::root("test").within(Duration::from_secs(2));
    for _ in 0..10 {
        let given_up = tokio::time::timeout(Duration::from_secs(1), context().scope(shelf.count())).await;
        assert!(given_up.is_err());
    }
    assert_eq!(breaker.stats().state, CircuitState::Closed, "callers gave up early");

    for _ in 0..3 {
        let late = tokio::time::timeout(Duration::from_secs(2), context().scope(shelf.count())).await;
        assert!(late.is_err());
    }
    assert_eq!(breaker.stats().state, CircuitState::Open);

    // A probe that is given up makes room for the next one.
    tokio::time::sleep(POLICY.open).await;
    let arrived = link.arrived();
    for _ in 0..2 {
        let given_up = tokio::time::timeout(Duration::from_secs(1), context().scope(shelf.count())).await;
        assert!(given_up.is_err(), "{given_up:?}");
    }
    assert_eq!(link.arrived(), arrived + 2);
}

#[tokio::test(start_paused = true)]
async fn a_call_whose_time_was_up_before_says_nothing_about_the_destination() {
    let link = Scripted::always(Act::Silence);
    let (breaker, shelf) = breaking(&link);
    for _ in 0..5 {
        let late = Context::root("test").within(Duration::ZERO);
        assert!(late.scope(shelf.count()).await.is_err());
    }
    assert_eq!(breaker.stats().state, CircuitState::Closed);
}

#[tokio::test(start_paused = true)]
async fn a_panic_passes_through_and_counts_as_a_failure() {
    struct Panicking;
    impl Carrier<dyn Shelf> for Panicking {
        fn carry(&self, _: ShelfCall) -> BoxFuture<'_, ShelfReply> {
            Box::pin(async { panic!("for the test") })
        }
    }
    let breaker = Arc::new(Breaker::<dyn Shelf>::new(Panicking, POLICY));
    for _ in 0..3 {
        assert!(caught(Via(Arc::clone(&breaker)).count()).await.is_err());
    }
    unsent(Via(breaker).count().await);
}

/// A service whose calls wait until the test says how each ends.
#[derive(Clone, Default)]
struct Told(Arc<Mutex<Vec<oneshot::Sender<Act>>>>);

impl Told {
    fn new() -> (Self, Self) {
        let told = Self::default();
        (told.clone(), told)
    }

    fn waiting(&self) -> usize {
        self.0.lock().unwrap().len()
    }

    fn tell_all(&self, act: Act) {
        for call in self.0.lock().unwrap().drain(..) {
            call.send(act.clone()).unwrap();
        }
    }

    fn last(&self) -> Option<oneshot::Sender<Act>> {
        self.0.lock().unwrap().pop()
    }
}

impl Carrier<dyn Shelf> for Told {
    fn carry(&self, call: ShelfCall) -> BoxFuture<'_, ShelfReply> {
        let (tell, told) = oneshot::channel();
        self.0.lock().unwrap().push(tell);
        Box::pin(async move {
            match told.await.unwrap() {
                Act::Answer => ShelfReply::Count(Ok(1)),
                Act::Refuse => ShelfReply::Count(Err(ShelfError::Missing("a".into()))),
                _ => <dyn Shelf>::failed(&call, TransportFailure::new("shelf", "cut")),
            }
        })
    }
}

#[derive(Clone, Debug)]
enum Step {
    Call,
    /// The call of this number, among those under way, ends so.
    End(prop::sample::Index, Act),
    GiveUp(prop::sample::Index),
    Pass(u64),
}

fn step() -> impl Strategy<Value = Step> {
    let act = prop_oneof![
        Just(Act::Answer),
        Just(Act::Refuse),
        Just(Act::Silence),
        Just(Act::Silence)
    ];
    prop_oneof![
        4 => Just(Step::Call),
        4 => (any::<prop::sample::Index>(), act).prop_map(|(which, act)| Step::End(which, act)),
        1 => any::<prop::sample::Index>().prop_map(Step::GiveUp),
        2 => (0_u64..15_000).prop_map(Step::Pass),
    ]
}

/// The breaker as a few lines: attempts count only in the state in which they began, which `since` numbers.
#[derive(Default)]
struct Model {
    since: u32,
    failures: u32,
    open_until: Option<Instant>,
    probe: bool,
}

impl Model {
    fn admits(&mut self, now: Instant) -> bool {
        match self.open_until {
            None => true,
            Some(until) if until <= now && !self.probe => {
                self.probe = true;
                self.since += 1;
                true
            }
            Some(_) => false,
        }
    }

    fn ended(&mut self, began: u32, answered: Option<bool>, now: Instant) {
        if began != self.since || (answered.is_none() && !self.probe) {
            return;
        }
        self.failures = if answered == Some(true) { 0 } else { self.failures + 1 };
        let opens = answered == Some(false) && (self.probe || self.failures >= POLICY.failures);
        let changes = self.probe || opens;
        self.open_until = match answered {
            Some(false) if opens => Some(now + POLICY.open),
            None => Some(now),
            _ => None,
        };
        if changes {
            (self.since, self.probe, self.failures) = (self.since + 1, false, 0);
        }
    }
}

type Running<'a> = Pin<Box<dyn Future<Output = Result<u64, ShelfError>> + 'a>>;

async fn compare(steps: Vec<Step>) -> Result<(), TestCaseError> {
    let (link, told) = Told::new();
    let breaker = Arc::new(Breaker::<dyn Shelf>::new(link, POLICY));
    let shelf = Via(Arc::clone(&breaker));
    let mut model = Model::default();
    let mut running: HashMap<usize, (u32, Running<'_>, oneshot::Sender<Act>)> = HashMap::new();
    for (number, step) in steps.into_iter().enumerate() {
        let pick = |which: prop::sample::Index| {
            let mut all: Vec<_> = running.keys().copied().collect();
            all.sort_unstable();
            (!all.is_empty()).then(|| *which.get(&all))
        };
        match step {
            Step::Call => {
                let admitted = model.admits(Instant::now());
                let mut call: Running<'_> = Box::pin(shelf.count());
                let polled = futures::poll!(&mut call);
                prop_assert_eq!(polled.is_pending(), admitted, "step {}", number);
                if let Some(tell) = told.last() {
                    running.insert(number, (model.since, call, tell));
                }
            }
            Step::End(which, act) => {
                let Some((began, call, tell)) = pick(which).and_then(|which| running.remove(&which)) else {
                    continue;
                };
                let answered = act != Act::Silence;
                tell.send(act).unwrap();
                let _any = call.await;
                model.ended(began, Some(answered), Instant::now());
            }
            Step::GiveUp(which) => {
                let Some((began, call, _)) = pick(which).and_then(|which| running.remove(&which)) else {
                    continue;
                };
                drop(call);
                model.ended(began, None, Instant::now());
            }
            Step::Pass(millis) => tokio::time::advance(Duration::from_millis(millis)).await,
        }
        let open = breaker.stats().state != CircuitState::Closed;
        prop_assert_eq!(open, model.open_until.is_some(), "step {}", number);
    }
    Ok(())
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, ..ProptestConfig::default() })]

    #[test]
    fn it_admits_and_refuses_as_a_small_model_does(steps in prop::collection::vec(step(), 1..80)) {
        let mut runtime = tokio::runtime::Builder::new_current_thread();
        runtime.enable_time().start_paused(true).build().unwrap().block_on(compare(steps))?;
    }
}
