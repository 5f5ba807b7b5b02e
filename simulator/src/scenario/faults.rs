use std::{cell::RefCell, collections::BTreeMap, future::Future, pin::pin, rc::Rc, time::Duration};

use futures::{
    future::{Either, join_all, select},
    lock::Mutex,
};
use seam::chance::draw;
use tokio::sync::watch;

use super::{
    Event, FaultOutcome, FaultPlan, FaultReport, Moment, Phase, Scenario, draw::draw_between, timekeeper::Timekeeper,
};
use crate::steps::{Client, Fault, FaultKind, NotLaid, Target, World};

/// The longest delay of a fault "at random" after its journey began, so that it does not always meet the first step
/// of one.
const RANDOM_DELAY_MS: u64 = 100;

/// The faults of one run: lays each at its moment, lifts each when its time is up, and knows which are laid.
pub(super) struct Faults<'a> {
    world: &'a dyn World,
    client: &'a Client<'a>,
    time: &'a Timekeeper<'a>,
    schedule: Vec<Scheduled>,
}

/// A fault with every choice made.
struct Scheduled {
    fault: Fault,
    at_journey: u64,
    delay: Duration,
    lasts: Duration,
    /// Shared by the faults of one target, which bears one at a time: a dead node can't be killed.
    turn: Rc<Mutex<()>>,
    state: RefCell<State>,
}

#[derive(Clone, Debug)]
enum State {
    /// Waiting for its moment.
    Ahead,
    /// Laid, and not lifted yet; `at_ms` counts from the start of the run.
    Laid { at_ms: u64 },
    /// Done with: nothing more happens to it.
    Over(FaultOutcome),
}

impl<'a> Faults<'a> {
    /// Makes every choice of a scenario's faults. One whose role nothing plays is refused here and now.
    pub(super) fn schedule(
        scenario: &Scenario,
        seed: u64,
        world: &'a dyn World,
        client: &'a Client<'a>,
        time: &'a Timekeeper<'a>,
    ) -> Self {
        let count = scenario.workload.count;
        let mut turns: BTreeMap<Target, Rc<Mutex<()>>> = BTreeMap::new();
        let schedule = (0..).zip(&scenario.faults).map(|(ordinal, plan)| {
            let (fault, state) = drawn(plan, ordinal, seed, world);
            let (at_journey, delay) = moment(plan.at, ordinal, seed, count);
            let lasts_ms = draw_between(seed, "fault/heal", ordinal, plan.lasts_ms);
            Scheduled {
                turn: turns.entry(fault.target.clone()).or_default().clone(),
                fault,
                at_journey,
                delay,
                lasts: Duration::from_millis(lasts_ms),
                state: RefCell::new(state),
            }
        });
        Self {
            world,
            client,
            time,
            schedule: schedule.collect(),
        }
    }

    /// Returns when every fault has been lifted, or is over otherwise. Returns early once the run is lost: then no
    /// fault is laid any more, and those that are laid stay for [`Faults::heal`].
    ///
    /// `started` has the number of journeys that were started; it closes when the last journey ends.
    pub(super) async fn run(&self, started: &watch::Receiver<u64>) {
        join_all(self.schedule.iter().map(|it| self.follow(it, started.clone()))).await;
    }

    /// Lifts every fault that is still laid.
    pub(super) async fn heal(&self) {
        let laid = self.schedule.iter().filter_map(|it| match *it.state.borrow() {
            State::Laid { at_ms } => Some(self.lift(it, at_ms)),
            State::Ahead | State::Over(_) => None,
        });
        // Collected first: what lifts changes the states that this goes through.
        let laid: Vec<_> = laid.collect();
        join_all(laid).await;
    }

    /// The faults as they went, in the order of the scenario.
    pub(super) fn reports(&self) -> Vec<FaultReport> {
        let report = |it: &Scheduled| FaultReport {
            kind: it.fault.kind,
            target: it.fault.target.clone(),
            at_journey: it.at_journey,
            outcome: match &*it.state.borrow() {
                State::Over(outcome) => outcome.clone(),
                State::Ahead => FaultOutcome::TooLate {
                    reason: "the run ended before its moment came".to_owned(),
                },
                State::Laid { at_ms } => FaultOutcome::NotHealed {
                    at_ms: *at_ms,
                    reason: "the run ended while it was laid".to_owned(),
                },
            },
        };
        self.schedule.iter().map(report).collect()
    }

    async fn follow(&self, it: &Scheduled, started: watch::Receiver<u64>) {
        if !matches!(*it.state.borrow(), State::Ahead) {
            return;
        }
        if let Err(reason) = self.moment(it, started).await {
            it.end(FaultOutcome::TooLate { reason });
            return;
        }
        let _one_at_a_time = match self.unless_lost(it.turn.lock()).await {
            Ok(turn) => turn,
            Err(reason) => {
                it.end(FaultOutcome::TooLate { reason });
                return;
            }
        };
        let Some(at_ms) = self.lay(it).await else {
            return;
        };
        if self.unless_lost(self.world.pause(it.lasts)).await.is_ok() {
            self.lift(it, at_ms).await;
        }
    }

    /// Returns when a fault's moment has come, or else the reason why it will not come.
    async fn moment(&self, it: &Scheduled, mut started: watch::Receiver<u64>) -> Result<(), String> {
        let begun = started.wait_for(|started| *started >= it.at_journey);
        if self.unless_lost(begun).await?.is_err() {
            return Err(format!("the run ended before journey {} was started", it.at_journey));
        }
        self.unless_lost(self.world.pause(it.delay)).await
    }

    /// Lays a fault, and returns the milliseconds since the start of the run, if it is there now.
    async fn lay(&self, it: &Scheduled) -> Option<u64> {
        self.time.enter(Phase::Faults);
        match self.world.lay(&it.fault).await {
            Ok(()) => {
                let at_ms = self.time.now_ms();
                it.state.replace(State::Laid { at_ms });
                self.time.report(&Event::Laid(it.fault.clone()));
                Some(at_ms)
            }
            Err(NotLaid::Refused(reason)) => {
                it.end(FaultOutcome::Refused { reason });
                None
            }
            Err(NotLaid::Failed(reason)) => {
                it.end(FaultOutcome::Failed { reason });
                None
            }
        }
    }

    /// Lifts a fault that was laid. A target that does not come back loses the run.
    async fn lift(&self, it: &Scheduled, at_ms: u64) {
        match self.world.lift(&it.fault).await {
            Ok(()) => {
                self.time.report(&Event::Lifted(it.fault.clone()));
                let healed_at_ms = self.time.now_ms();
                it.end(FaultOutcome::Fired { at_ms, healed_at_ms });
            }
            Err(reason) => {
                self.client
                    .give_up(&format!("{} could not be healed: {reason}", it.fault.target));
                it.end(FaultOutcome::NotHealed { at_ms, reason });
            }
        }
    }

    /// The result of a wait, or the reason why the run is lost, if that comes first.
    async fn unless_lost<T>(&self, wait: impl Future<Output = T>) -> Result<T, String> {
        match select(pin!(self.client.given_up()), pin!(wait)).await {
            Either::Left((reason, _)) => Err(format!("the run was given up: {reason}")),
            Either::Right((done, _)) => Ok(done),
        }
    }
}

impl Scheduled {
    fn end(&self, outcome: FaultOutcome) {
        self.state.replace(State::Over(outcome));
    }
}

/// The fault of a plan with its target drawn. One whose role nothing plays is over at once, as refused.
fn drawn(plan: &FaultPlan, ordinal: u64, seed: u64, world: &dyn World) -> (Fault, State) {
    let role = plan.candidates.pick(draw(seed, "fault/node", ordinal));
    let (node, state) = match world.node_of(role) {
        Ok(node) => (node, State::Ahead),
        Err(reason) => (role.to_owned(), State::Over(FaultOutcome::Refused { reason })),
    };
    let target = match plan.kind {
        FaultKind::Kill => Target::Node(node),
    };
    let kind = plan.kind;
    (Fault { kind, target }, state)
}

/// The journey with which a fault's moment comes, and the delay after that journey began.
fn moment(at: Moment, ordinal: u64, seed: u64, count: u64) -> (u64, Duration) {
    match at {
        Moment::Started(fraction) => (nth(fraction, count), Duration::ZERO),
        Moment::Random => {
            let delay_ms = draw(seed, "fault/delay", ordinal) % RANDOM_DELAY_MS;
            let at_journey = draw_between(seed, "fault/at", ordinal, (1, count));
            (at_journey, Duration::from_millis(delay_ms))
        }
    }
}

/// The journey that brings the started ones to this fraction of all: at least the first.
#[expect(
    clippy::cast_possible_truncation,
    clippy::cast_sign_loss,
    clippy::cast_precision_loss,
    reason = "the fraction lies in 0 to 1 and the count is far below 2^52"
)]
fn nth(fraction: f64, count: u64) -> u64 {
    ((fraction * count as f64).ceil() as u64).clamp(1, count.max(1))
}
