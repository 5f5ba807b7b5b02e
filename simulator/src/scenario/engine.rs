use std::{collections::BTreeSet, time::Duration};

use futures::{StreamExt, future, stream};
use tokio::sync::watch;

use super::{
    DeathReport, Event, FaultReport, Observations, Phase, Report, Scenario, ScenarioError, Timeline, Unsettled,
    Verdict,
    collect::Collector,
    faults::Faults,
    journey::{Journey, JourneyFailure, common_variables, travel},
    judge,
    timekeeper::Timekeeper,
};
use crate::{
    progress::Progress,
    steps::{Client, Death, World},
};

/// Failed journeys that are evidence enough: no more are started.
const ENOUGH_FAILED: usize = 20;

/// The pause between two looks at the conditions that are still pending.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

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
    let mut observations = Observations::open(scenario)?;
    check_roles(scenario, world)?;
    let client = Client::new(world, &scenario.repeat, scenario.workload.answer_within);
    let run = Run {
        scenario,
        world,
        seed,
        client: &client,
        time: Timekeeper::start(world, progress),
    };
    let faults = Faults::schedule(scenario, seed, world, &client, &run.time)?;
    run.set_up().await?;
    let (journeys, journeys_ms) = run.journeys_and_faults(&faults).await;
    run.time.enter(Phase::Heal);
    faults.heal().await;
    run.time.enter(Phase::Converge);
    let collector = Collector {
        scenario,
        world,
        client: &client,
        journeys: &journeys,
        seed,
    };
    let unsettled = run.settle(&collector, &mut observations).await?;
    run.time.enter(Phase::Judge);
    let report = run
        .judge(&collector, &mut observations, unsettled, faults.reports(), journeys_ms)
        .await?;
    Ok((report, observations))
}

struct Run<'a> {
    scenario: &'a Scenario,
    world: &'a dyn World,
    seed: u64,
    client: &'a Client<'a>,
    time: Timekeeper<'a>,
}

impl Run<'_> {
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
        let journeys = async {
            let journeys = self.journeys(started).await;
            (journeys, self.time.now_ms().saturating_sub(begun))
        };
        let (journeys, ()) = future::join(journeys, faults.run(&watched)).await;
        journeys
    }

    /// Takes the only sender, so that faults still waiting when the last journey ends learn that their moment will
    /// not come.
    async fn journeys(&self, started: watch::Sender<u64>) -> Vec<Journey> {
        let count = self.scenario.workload.count;
        let mut over = 0;
        let mut failed = 0;
        let mut journeys: Vec<Journey> = stream::iter(1..=count)
            .map(|number| {
                let started = &started;
                async move {
                    started.send_replace(number);
                    travel(self.scenario, self.client, self.seed, number).await
                }
            })
            .buffer_unordered(self.scenario.workload.concurrency)
            .inspect(|journey| {
                over += 1;
                self.time.report(&Event::Journeys { over, of: count });
                failed += usize::from(journey.failure.is_some());
                if failed == ENOUGH_FAILED {
                    self.client.give_up(&format!("{ENOUGH_FAILED} journeys failed"));
                }
            })
            .collect()
            .await;
        journeys.sort_by_key(|journey| journey.number);
        journeys
    }

    /// Waits until every condition is true, at most as long as the scenario gives it. Returns those that are not.
    async fn settle(
        &self,
        collector: &Collector<'_>,
        observations: &mut Observations,
    ) -> Result<Vec<Unsettled>, ScenarioError> {
        if self.client.has_given_up() {
            return Ok(Vec::new());
        }
        let deadline = self.world.now() + self.scenario.converge_within;
        loop {
            let left = deadline.saturating_sub(self.world.now());
            let unsettled = judge::pending(collector, observations, left).await?;
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
        // Last of all: a node may have died while it was asked for its tables.
        let deaths = self.deaths();
        let failed_journeys: Vec<JourneyFailure> = collector
            .journeys
            .iter()
            .filter_map(|journey| journey.failure.clone())
            .collect();
        Ok(Report {
            scenario: scenario.name.clone(),
            seed: self.seed,
            count: scenario.workload.count,
            concurrency: scenario.workload.concurrency,
            verdict: Verdict::of(&faults, &deaths, &failed_journeys, &unsettled, &invariants),
            timeline: Timeline {
                phases: self.time.phases(),
                journeys_ms,
                total_ms: self.time.now_ms(),
            },
            requests: self.client.requests(),
            samples: self.client.samples(),
            failed_journeys,
            faults,
            deaths,
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
