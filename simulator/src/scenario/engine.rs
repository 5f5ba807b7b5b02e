use std::{
    cell::{Cell, RefCell},
    collections::BTreeSet,
    future::Future,
    pin::pin,
    time::Duration,
};

use futures::future::{self, Either, LocalBoxFuture, select};
use tokio::sync::watch;

use super::{
    DeathReport, Event, FaultReport, InvariantReport, Observations, Phase, Report, Scenario, ScenarioError, Timeline,
    Unsettled, Verdict,
    checks::Checks,
    collect::Collector,
    faults::Faults,
    journey::{Journey, JourneyFailure, common_variables},
    judge,
    timekeeper::Timekeeper,
    windows::Windows,
    workload::Journeys,
};
use crate::{
    progress::Progress,
    steps::{Client, Death, Requests, Samples, World},
};

/// The pause between two looks at the conditions that are still pending.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// The pause between two looks for nodes that have died.
const LOOK_FOR_DEATHS: Duration = Duration::from_millis(100);

/// Runs a scenario: steady, faults, heal, converge, judge. Returns its report and the tables it was judged by.
///
/// The same scenario and seed send the same requests, in the same order within each journey.
///
/// # Errors
/// When nothing could be tried: nothing plays a role, a setup request is refused, SQLite does not understand a query.
pub async fn run(
    scenario: &Scenario,
    world: &dyn World,
    seed: u64,
    progress: &dyn Progress<Event>,
) -> Result<(Report, Observations), ScenarioError> {
    run_beside(scenario, world, seed, progress, None).await
}

/// Runs a scenario as [`run`] does, but its journeys go on until `beside` has ended, whatever their number in the
/// scenario. A run that is given up does not wait for it.
///
/// # Errors
/// As [`run`].
pub(crate) async fn run_beside<'a>(
    scenario: &'a Scenario,
    world: &'a dyn World,
    seed: u64,
    progress: &'a dyn Progress<Event>,
    beside: Option<LocalBoxFuture<'a, ()>>,
) -> Result<(Report, Observations), ScenarioError> {
    let mut observations = Observations::open(scenario)?;
    check_roles(scenario, world)?;
    let client = Client::new(world, &scenario.repeat, scenario.workload.answer_within);
    let windows = Windows::new(scenario, world, &client);
    let run = Run {
        scenario,
        world,
        seed,
        client: &client,
        windows: &windows,
        time: Timekeeper::start(world, progress),
        command_report: RefCell::default(),
        journeys: Cell::new(scenario.workload.count),
        beside: RefCell::new(beside),
    };
    let faults = Faults::schedule(scenario, seed, world, &client, &run.time, &windows)?;
    let whole = run.telling_deaths(run.whole(&faults, &mut observations));
    let report = run.in_time(windows.beside(whole)).await?;
    Ok((report, observations))
}

struct Run<'a> {
    scenario: &'a Scenario,
    world: &'a dyn World,
    seed: u64,
    client: &'a Client<'a>,
    windows: &'a Windows<'a>,
    time: Timekeeper<'a>,
    /// The verdict on the program that is the workload, once it has ended.
    command_report: RefCell<Option<InvariantReport>>,
    /// The number of journeys.
    journeys: Cell<u64>,
    /// The journeys go on until it has ended.
    beside: RefCell<Option<LocalBoxFuture<'a, ()>>>,
}

impl Run<'_> {
    /// All phases, one after the other.
    async fn whole(&self, faults: &Faults<'_>, observations: &mut Observations) -> Result<Report, ScenarioError> {
        self.set_up().await?;
        let checks = Checks::new(
            self.scenario,
            self.world,
            self.client,
            self.windows,
            &self.time,
            self.seed,
        );
        let work = checks.during(self.journeys_and_faults(faults));
        let (journeys, journeys_ms) = work.await;
        self.time.enter(Phase::Heal);
        faults.heal().await;
        self.time.enter(Phase::Converge);
        let collector = Collector {
            scenario: self.scenario,
            world: self.world,
            client: self.client,
            journeys: &journeys,
            seed: self.seed,
        };
        let unsettled = self.settle(&collector, observations).await?;
        self.time.enter(Phase::Judge);
        let mut report = self
            .judge(&collector, observations, unsettled, faults.reports(), journeys_ms)
            .await?;
        report.invariants.extend(checks.judge().await);
        report.invariants.extend(self.command_report.take());
        Ok(self.with_verdict(report))
    }

    /// The report with the verdict that all its parts come to. The deaths are looked for last of all: a node may have
    /// died while it was asked.
    fn with_verdict(&self, report: Report) -> Report {
        let mut report = Report {
            given_up: self.client.reason(),
            nothing_new: self.client.only_replays().map(|keys| {
                format!(
                    "the first answers to all {keys} idempotency keys repeat those of an earlier run, so its seed was \
                     used on this data before; give another --seed, or other data"
                )
            }),
            deaths: self.deaths(),
            requests: self.client.requests(),
            samples: self.client.samples(),
            timeline: Timeline {
                total_ms: self.time.now_ms(),
                ..report.timeline
            },
            ..report
        };
        report.verdict = Verdict::of(&report);
        report
    }

    /// Does it all, and says meanwhile which nodes die: whoever waits for answers is to know why none comes.
    async fn telling_deaths<T>(&self, whole: impl Future<Output = T>) -> T {
        let telling = async {
            let mut told = BTreeSet::new();
            loop {
                for death in self.world.deaths() {
                    if told.insert((death.at, death.node.clone())) {
                        let expected = self.scenario.may_die.contains(&death.node);
                        let (node, how) = (death.node, death.how);
                        self.time.report(&Event::Died { node, how, expected });
                    }
                }
                self.world.pause(LOOK_FOR_DEATHS).await;
            }
        };
        match select(pin!(whole), pin!(telling)).await {
            Either::Left((done, _)) => done,
            Either::Right((never, _)) => never,
        }
    }

    /// Does it all, and gives the run up once its time is over, which ends all but the judgement.
    async fn in_time<T>(&self, whole: impl Future<Output = T>) -> T {
        let given_up = async {
            let total = self.scenario.total;
            if let Either::Left(_) = select(self.world.pause(total), pin!(self.client.given_up())).await {
                let total = faults::show_duration(total);
                self.client
                    .give_up(&format!("it took longer than {total}, the limit of [limits] total"));
            }
            let reason = self.client.given_up().await;
            self.time.report(&Event::GivenUp(reason));
        };
        match select(pin!(whole), pin!(given_up)).await {
            Either::Left((done, _)) => done,
            Either::Right(((), whole)) => whole.await,
        }
    }

    async fn set_up(&self) -> Result<(), ScenarioError> {
        for setup in &self.scenario.setup {
            for round in &setup.rounds {
                let mut variables = common_variables(self.seed);
                variables.extend(round.clone());
                setup
                    .step
                    .take(self.client, self.scenario.workload.patience, &mut variables)
                    .await
                    .map_err(|reason| ScenarioError::Setup {
                        step: setup.step.name.clone(),
                        reason,
                    })?;
            }
        }
        Ok(())
    }

    /// Runs all journeys, and the faults beside them. Returns the journeys and the milliseconds they took.
    async fn journeys_and_faults(&self, faults: &Faults<'_>) -> (Vec<Journey>, u64) {
        let begun = self.time.now_ms();
        let (started, watched) = watch::channel(0);
        let goes_on = Cell::new(true);
        let beside = self.beside.take();
        let is_open = beside.is_some();
        let beside = async {
            if let Some(beside) = beside {
                select(beside, pin!(self.client.given_up())).await;
            }
            goes_on.set(false);
        };
        let journeys = async {
            let journeys = Journeys {
                goes_on: is_open.then_some(&goes_on),
                scenario: self.scenario,
                world: self.world,
                client: self.client,
                time: &self.time,
                seed: self.seed,
            };
            let (journeys, command) = journeys.run(started).await;
            if is_open {
                self.journeys.set(journeys.len() as u64);
            }
            self.command_report.replace(command);
            (journeys, self.time.now_ms().saturating_sub(begun))
        };
        let (journeys, (), ()) = future::join3(journeys, faults.run(&watched), beside).await;
        journeys
    }

    /// Waits until every condition is true, at most as long as the scenario gives it. Returns those that are not.
    async fn settle(
        &self,
        collector: &Collector<'_>,
        observations: &mut Observations,
    ) -> Result<Vec<Unsettled>, ScenarioError> {
        let deadline = self.world.now() + self.scenario.converge_within;
        loop {
            let left = deadline.saturating_sub(self.world.now());
            let looked = pin!(judge::pending(collector, observations, left));
            let Either::Right((unsettled, _)) = select(pin!(self.client.given_up()), looked).await else {
                return Ok(Vec::new());
            };
            let unsettled = unsettled?;
            if unsettled.is_empty() || self.world.now() + LOOK_AGAIN >= deadline {
                return Ok(unsettled);
            }
            self.world.pause(LOOK_AGAIN).await;
        }
    }

    async fn judge(
        &self,
        collector: &Collector<'_>,
        observations: &mut Observations,
        mut unsettled: Vec<Unsettled>,
        faults: Vec<FaultReport>,
        journeys_ms: u64,
    ) -> Result<Report, ScenarioError> {
        let scenario = self.scenario;
        let all: Vec<_> = scenario.observations.iter().collect();
        let missing = judge::collect(collector, observations, &all, scenario.workload.patience).await?;
        let gone: Vec<String> = missing.iter().map(|missing| missing.table.clone()).collect();
        unsettled.extend(missing.into_iter().map(Unsettled::from));
        judge::fill_own(observations, &faults, self.world)?;
        let mut invariants = Vec::new();
        for invariant in &scenario.invariants {
            invariants.push(judge::examine(invariant, observations, &gone)?);
        }
        let failed_journeys: Vec<JourneyFailure> = collector
            .journeys
            .iter()
            .filter_map(|journey| journey.failure.clone())
            .collect();
        Ok(Report {
            scenario: scenario.name.clone(),
            seed: self.seed,
            count: self.journeys.get(),
            concurrency: scenario.workload.concurrency,
            verdict: Verdict::Inconclusive,
            timeline: Timeline {
                phases: self.time.phases(),
                journeys_ms,
                total_ms: 0,
            },
            given_up: None,
            nothing_new: None,
            requests: Requests::default(),
            samples: Samples::default(),
            failed_journeys,
            faults,
            deaths: Vec::new(),
            unsettled,
            invariants,
        })
    }

    fn deaths(&self) -> Vec<DeathReport> {
        let deaths = self.world.deaths().into_iter();
        let report = |death: Death| DeathReport {
            expected: self.scenario.may_die.contains(&death.node),
            node: death.node,
            how: death.how,
            at_ms: self.time.ms_at(death.at),
            last_lines: death.last_lines,
        };
        deaths.map(report).collect()
    }
}

fn check_roles(scenario: &Scenario, world: &dyn World) -> Result<(), ScenarioError> {
    let set_up = scenario.setup.iter().map(|setup| &setup.step.role);
    let asked = scenario.steps.iter().map(|step| &step.role);
    let observed = scenario.observations.iter().flat_map(|observation| &observation.roles);
    let roles: BTreeSet<&String> = set_up.chain(asked).chain(observed).collect();
    roles.into_iter().try_for_each(|role| {
        let node = world.node_of(role);
        node.map(drop).map_err(|reason| ScenarioError::NoSuchRole {
            role: role.clone(),
            reason,
        })
    })
}
