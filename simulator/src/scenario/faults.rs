use std::{collections::BTreeSet, future::Future, pin::pin, time::Duration};

use futures::future::{Either, join_all, select};
use tokio::sync::watch;

use super::{
    Event, FaultOutcome, FaultReport, Phase, Scenario, ScenarioError,
    choices::When,
    plan::Steady,
    schedule::{Fate, Scheduled, State, schedule},
    timekeeper::Timekeeper,
    windows::Windows,
};
use crate::steps::{Client, FailPoint, LinkTraffic, NotLaid, World};

/// Time in which a node that has passed its fail point has to end once the journeys are over.
const DIES_WITHIN: Duration = Duration::from_secs(10);

/// The faults of one run: lays each at its moment, lifts each when its time is up, and knows which are laid.
pub(super) struct Faults<'a> {
    world: &'a dyn World,
    client: &'a Client<'a>,
    time: &'a Timekeeper<'a>,
    windows: &'a Windows<'a>,
    /// Names of the scenario's faults, by the number of the entry.
    names: Vec<String>,
    steady: Steady,
    heal_within: Duration,
    schedule: Vec<Scheduled>,
}

/// The number of journeys that were started; it closes when the last journey ends.
type Started = watch::Receiver<u64>;

impl<'a> Faults<'a> {
    /// Makes every choice of a scenario's faults.
    ///
    /// # Errors
    /// When the world can't lay one of them.
    pub(super) fn schedule(
        scenario: &Scenario,
        seed: u64,
        world: &'a dyn World,
        client: &'a Client<'a>,
        time: &'a Timekeeper<'a>,
        windows: &'a Windows<'a>,
    ) -> Result<Self, ScenarioError> {
        let plans = scenario.faults_of(seed);
        Ok(Self {
            world,
            client,
            time,
            windows,
            names: plans.iter().map(|plan| plan.name().to_owned()).collect(),
            steady: scenario.steady,
            heal_within: scenario.heal_within,
            schedule: schedule(&plans, scenario.workload.count, seed, world)?,
        })
    }

    /// Returns when every fault has been lifted, is over otherwise, or stays until the journeys end and they have.
    /// Returns early once the run is lost: then no fault is laid any more, and those that are laid stay for
    /// [`Faults::heal`].
    pub(super) async fn run(&self, started: &Started) {
        join_all(self.schedule.iter().map(|it| self.follow(it, started.clone()))).await;
    }

    /// Lifts every fault that is still laid, within the time that the scenario gives.
    pub(super) async fn heal(&self) {
        let laid = self.schedule.iter().filter_map(|it| match *it.state.borrow() {
            State::Laid { at_ms } => Some(self.lift_in_time(it, at_ms)),
            State::Ahead | State::Over(_) => None,
        });
        // Collected first: what lifts changes the states that this goes through.
        let laid: Vec<_> = laid.collect();
        join_all(laid).await;
    }

    /// The faults as they went, in the order of the scenario.
    pub(super) fn reports(&self) -> Vec<FaultReport> {
        let effective: BTreeSet<usize> = self
            .schedule
            .iter()
            .filter(|it| matches!(&*it.state.borrow(), State::Over(FaultOutcome::Fired { .. })) && it.has_acted())
            .map(|it| it.entry)
            .collect();
        let report = |it: &Scheduled| FaultReport {
            name: it.fault.name.clone(),
            point: it.fault.point.clone(),
            kind: it.fault.kind,
            target: it.fault.target.clone(),
            links: it.fault.links.clone(),
            drawn: it.drawn,
            approximated: it.approximated.clone(),
            at_journey: it.at_journey.get(),
            traffic: it.traffic.borrow().clone(),
            met: it.met.borrow().clone(),
            outcome: match &*it.state.borrow() {
                State::Over(outcome) if !effective.contains(&it.entry) => idle(outcome, it),
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

    async fn follow(&self, it: &Scheduled, started: Started) {
        if !matches!(*it.state.borrow(), State::Ahead) {
            return;
        }
        if let Err(reason) = self.moment(it, started.clone()).await {
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
        let Some(at_ms) = self.lay(it, &started).await else {
            return;
        };
        match it.lasts {
            Some(lasts) if self.unless_lost(self.world.pause(lasts)).await.is_ok() => self.lift(it, at_ms).await,
            Some(_) => {}
            None => drop(self.unless_lost(over(started)).await),
        }
    }

    /// Returns when a fault's moment has come, or else the reason why it will not come.
    async fn moment(&self, it: &Scheduled, mut started: Started) -> Result<(), String> {
        self.steady(started.clone()).await?;
        match &it.when {
            When::Journey(number, delay) => {
                let begun = started.wait_for(|started| started >= number);
                if self.unless_lost(begun).await?.is_err() {
                    return Err(format!("the run ended before journey {number} was started"));
                }
                self.unless_lost(self.world.pause(*delay)).await
            }
            When::After(delay) => self.in_time(started, *delay).await,
            When::Ready(node, delay) => {
                let node = self.world.node_of(node)?;
                let ready = self.while_journeys(started.clone(), self.world.ready_again(&node));
                if ready.await?.is_none() {
                    return Err(format!("the run ended before {node} became ready again"));
                }
                self.in_time(started, *delay).await
            }
            When::Fault(name, delay) => {
                let entry = self.names.iter().position(|other| other == name);
                let first = self.schedule.iter().find(|other| Some(other.entry) == entry);
                let first = first.ok_or_else(|| format!("there is no fault {name:?}"))?;
                let mut fate = first.fate.subscribe();
                let known = fate.wait_for(|fate| *fate != Fate::Ahead);
                match self.while_journeys(started.clone(), known).await? {
                    Some(Ok(fate)) if *fate == Fate::Laid => {}
                    _ => return Err(format!("fault {name:?} was not laid before the run ended")),
                }
                self.in_time(started, *delay).await
            }
        }
    }

    /// Returns when the steady part of the run is over.
    async fn steady(&self, started: Started) -> Result<(), String> {
        let Steady { time, journeys } = self.steady;
        let mut counted = started.clone();
        let begun = async { counted.wait_for(|started| *started > journeys).await.is_ok() };
        if journeys > 0 && !self.unless_lost(begun).await? {
            return Err(format!("the run ended before its {journeys} steady journeys were over"));
        }
        if time.is_zero() {
            return Ok(());
        }
        self.in_time(started, time).await
    }

    /// Waits while journeys are under way.
    async fn in_time(&self, started: Started, delay: Duration) -> Result<(), String> {
        let waited = self.while_journeys(started, self.world.pause(delay)).await?;
        waited.ok_or_else(|| {
            format!(
                "the last journey ended within {} of the wait",
                faults::show_duration(delay)
            )
        })
    }

    /// The result of a wait, or `None` if the last journey ends before it.
    async fn while_journeys<T>(&self, started: Started, wait: impl Future<Output = T>) -> Result<Option<T>, String> {
        let result = async {
            match select(pin!(wait), pin!(over(started))).await {
                Either::Left((done, _)) => Some(done),
                Either::Right(((), _)) => None,
            }
        };
        self.unless_lost(result).await
    }

    /// Lays a fault, and returns the milliseconds since the start of the run, if it is there now.
    async fn lay(&self, it: &Scheduled, started: &Started) -> Option<u64> {
        self.time.enter(Phase::Faults);
        self.windows.faults_begin();
        let laid = match &it.fault.point {
            None => self.world.lay(&it.fault).await,
            Some(point) => match self.crash(it, point, started.clone()).await {
                Ok(laid) => laid,
                Err(reason) => {
                    it.end(FaultOutcome::TooLate { reason });
                    return None;
                }
            },
        };
        if it.at_journey.get() == 0 || it.fault.point.is_some() {
            it.at_journey.set(*started.borrow());
        }
        match laid {
            Ok(()) => {
                let at_ms = self.time.now_ms();
                it.state.replace(State::Laid { at_ms });
                it.fate.send_replace(Fate::Laid);
                self.windows.laid(self.name_of(it));
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

    /// Lays a crash, which is there when the node has died at its point; or gives the reason why that never came.
    async fn crash(&self, it: &Scheduled, point: &FailPoint, started: Started) -> Result<Result<(), NotLaid>, String> {
        let (node, name) = (&it.fault.target, &point.name);
        let crash = async {
            let laying = match select(self.world.lay(&it.fault), pin!(over(started))).await {
                Either::Left((laid, _)) => return Ok(laid),
                Either::Right(((), laying)) => laying,
            };
            if self.world.withdraw(&it.fault) {
                let times = match point.nth {
                    1 => String::new(),
                    several => format!(" {several} times"),
                };
                return Err(format!(
                    "{node} did not pass {name}{times} between that and the end of the last journey"
                ));
            }
            match select(laying, self.world.pause(DIES_WITHIN)).await {
                Either::Left((laid, _)) => Ok(laid),
                Either::Right(_) => Err(format!(
                    "{node} passed {name}, and had not ended {} after the last journey",
                    faults::show_duration(DIES_WITHIN)
                )),
            }
        };
        self.unless_lost(crash).await?
    }

    /// The name that the scenario has for a fault, whichever laying of it this is.
    fn name_of(&self, it: &Scheduled) -> &str {
        self.names.get(it.entry).map_or("", String::as_str)
    }

    async fn lift_in_time(&self, it: &Scheduled, at_ms: u64) {
        let limit = self.world.pause(self.heal_within);
        if let Either::Right(_) = select(pin!(self.lift(it, at_ms)), limit).await {
            let within = faults::show_duration(self.heal_within);
            self.not_healed(it, at_ms, format!("it took longer than {within}, the limit of [heal]"));
        }
    }

    /// Lifts a fault that was laid. A target that does not come back loses the run.
    async fn lift(&self, it: &Scheduled, at_ms: u64) {
        let lifted = self.world.lift(&it.fault).await;
        it.traffic.replace(self.world.traffic(&it.fault));
        it.met.replace(self.world.met(&it.fault));
        match lifted {
            Ok(()) => {
                self.windows.lifted(self.name_of(it));
                self.time.report(&Event::Lifted(it.fault.clone()));
                let healed_at_ms = self.time.now_ms();
                it.end(FaultOutcome::Fired { at_ms, healed_at_ms });
            }
            Err(reason) => self.not_healed(it, at_ms, reason),
        }
    }

    fn not_healed(&self, it: &Scheduled, at_ms: u64, reason: String) {
        self.client
            .give_up(&format!("{} could not be healed: {reason}", it.fault.target));
        it.end(FaultOutcome::NotHealed { at_ms, reason });
    }

    /// The result of a wait, or the reason why the run is lost, if that comes first.
    async fn unless_lost<T>(&self, wait: impl Future<Output = T>) -> Result<T, String> {
        match select(pin!(self.client.given_up()), pin!(wait)).await {
            Either::Left((reason, _)) => Err(format!("the run was given up: {reason}")),
            Either::Right((done, _)) => Ok(done),
        }
    }
}

/// Returns when the last journey has ended.
async fn over(mut started: Started) {
    while started.changed().await.is_ok() {}
}

/// The outcome of a fault that had to do with nothing.
fn idle(outcome: &FaultOutcome, it: &Scheduled) -> FaultOutcome {
    let FaultOutcome::Fired { at_ms, healed_at_ms } = *outcome else {
        return outcome.clone();
    };
    let traffic = it.traffic.borrow();
    let sum = |of: fn(&LinkTraffic) -> u64| traffic.iter().map(of).sum::<u64>();
    let (met, spared, masked, unfit) = (
        sum(|it| it.met),
        sum(|it| it.spared),
        sum(|it| it.masked),
        sum(|it| it.unfit),
    );
    let reason = if !it.fault.kind.is_of_links() {
        "no connection to the node or from it was open or begun while it stood".to_owned()
    } else if met == 0 && masked == 0 {
        "nothing that it selects passed the link while it stood".to_owned()
    } else {
        format!(
            "it met {met} and acted on none: chance spared {spared}, an earlier fault acted in its place on {masked}, \
             {unfit} can't bear it, and the others had nothing for it to act on"
        )
    };
    FaultOutcome::Idle {
        at_ms,
        healed_at_ms,
        reason,
    }
}
