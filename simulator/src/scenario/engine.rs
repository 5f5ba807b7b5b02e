use std::{
    collections::{BTreeMap, BTreeSet},
    time::Duration,
};

use futures::{StreamExt, future, stream};
use tokio::sync::watch;

use super::{
    Books, FaultOutcome, FaultReport, Phase, Progress, Report, Scenario, ScenarioError, Timeline, Unsettled, Verdict,
    collect::Collector,
    journey::{Journey, JourneyFailure, common_variables, travel},
    judge,
    strike::{PlannedFault, Strikes, plan},
    timekeeper::Timekeeper,
};
use crate::steps::{Asker, Wanted, World, request_of, unset_reason};

/// So many failed journeys are evidence enough: no more are started.
const ENOUGH_FAILED: usize = 20;

/// The pause between two looks at what is still pending.
const LOOK_AGAIN: Duration = Duration::from_millis(25);

/// Runs a scenario: steady, faults, heal, converge, judge. Gives its report and the tables it was judged by.
///
/// The same scenario and seed send the same requests, in the same order within each journey.
///
/// # Errors
/// When nothing could be tried: a role that nobody plays, a setup request refused, a query that SQLite does not understand.
pub async fn run(
    scenario: &Scenario,
    world: &dyn World,
    seed: u64,
    progress: &dyn Progress,
) -> Result<(Report, Books), ScenarioError> {
    let mut books = Books::open(scenario).await?;
    check_roles(scenario, world)?;
    let asker = Asker::new(
        world,
        &scenario.repeat,
        Duration::from_millis(scenario.workload.answer_within_ms),
    );
    let run = Run {
        scenario,
        world,
        seed,
        asker: &asker,
        time: Timekeeper::start(world, progress),
    };
    run.set_up().await?;
    let (journeys, faults, journeys_ms) = run.journeys_and_faults().await;
    run.time.enter(Phase::Heal);
    run.time.enter(Phase::Converge);
    let collector = Collector {
        scenario,
        world,
        asker: &asker,
        journeys: &journeys,
        seed,
    };
    let unsettled = run.settle(&collector, &mut books).await?;
    run.time.enter(Phase::Judge);
    let report = run
        .judge(&collector, &mut books, unsettled, faults, journeys_ms)
        .await?;
    Ok((report, books))
}

struct Run<'a> {
    scenario: &'a Scenario,
    world: &'a dyn World,
    seed: u64,
    asker: &'a Asker<'a>,
    time: Timekeeper<'a>,
}

impl Run<'_> {
    fn patience(&self) -> Duration {
        Duration::from_millis(self.scenario.workload.patience_ms)
    }

    async fn set_up(&self) -> Result<(), ScenarioError> {
        for step in &self.scenario.setup {
            let failed = |reason| ScenarioError::Setup {
                step: step.name.as_ref().clone(),
                reason,
            };
            let mut variables = common_variables(self.seed);
            let things = step.for_each.as_ref().and_then(|list| self.scenario.list.get(list));
            let rounds = things.map_or(1, Vec::len);
            for round in 0..rounds {
                if let (Some(list), Some(thing)) = (&step.for_each, things.and_then(|things| things.get(round))) {
                    variables.insert(list.clone(), thing.clone().into_iter().collect());
                }
                let request = request_of(step, &variables).map_err(|unset| failed(unset_reason(&unset)))?;
                self.asker
                    .ask(&step.node, &request, &Wanted::of(step, self.patience()))
                    .await
                    .map_err(failed)?;
            }
        }
        Ok(())
    }

    async fn journeys_and_faults(&self) -> (Vec<Journey>, Vec<FaultReport>, u64) {
        let planned: Vec<PlannedFault> = (0..)
            .zip(&self.scenario.fault)
            .map(|(ordinal, fault)| plan(fault, ordinal, self.seed, self.scenario.workload.count))
            .collect();
        let nodes = planned.iter().filter_map(|fault| self.world.node_of(&fault.role).ok());
        let nodes: BTreeMap<_, _> = nodes.map(|node| (node, futures::lock::Mutex::new(()))).collect();
        let strikes = Strikes {
            world: self.world,
            time: &self.time,
            nodes,
        };
        let (started, watched) = watch::channel(0);
        let faults = future::join_all(planned.iter().map(|fault| {
            let strike = strikes.strike(fault, watched.clone());
            async {
                let report = strike.await;
                if let FaultOutcome::NotHealed { reason, .. } = &report.outcome {
                    self.asker
                        .give_up(&format!("{} could not be healed: {reason}", report.node));
                }
                report
            }
        }));
        let begun = self.time.now_ms();
        let journeys = async {
            let journeys = self.journeys(started).await;
            (journeys, self.time.now_ms().saturating_sub(begun))
        };
        let ((journeys, journeys_ms), faults) = future::join(journeys, faults).await;
        (journeys, faults, journeys_ms)
    }

    /// Takes the only sender, so that faults still waiting when the last journey ends learn that their moment will not come.
    async fn journeys(&self, started: watch::Sender<u64>) -> Vec<Journey> {
        let count = self.scenario.workload.count;
        let mut over = 0;
        let mut failed = 0;
        let mut journeys: Vec<Journey> = stream::iter(1..=count)
            .map(|number| {
                let started = &started;
                async move {
                    started.send_replace(number);
                    travel(self.scenario, self.asker, self.seed, number).await
                }
            })
            .buffer_unordered(self.scenario.workload.concurrency)
            .inspect(|journey| {
                over += 1;
                self.time.progress.journeys(over, count);
                failed += usize::from(journey.failure.is_some());
                if failed == ENOUGH_FAILED {
                    self.asker.give_up(&format!("{ENOUGH_FAILED} journeys failed"));
                }
            })
            .collect()
            .await;
        journeys.sort_by_key(|journey| journey.number);
        journeys
    }

    async fn settle(&self, collector: &Collector<'_>, books: &mut Books) -> Result<Vec<Unsettled>, ScenarioError> {
        if self.asker.has_given_up() {
            return Ok(Vec::new());
        }
        let deadline = self.world.now() + Duration::from_millis(self.scenario.converge.within_ms);
        loop {
            let left = deadline.saturating_sub(self.world.now());
            let unsettled = judge::pending(collector, books, left).await?;
            if unsettled.is_empty() || self.world.now() + LOOK_AGAIN >= deadline {
                return Ok(unsettled);
            }
            self.world.pause(LOOK_AGAIN).await;
        }
    }

    async fn judge(
        &self,
        collector: &Collector<'_>,
        books: &mut Books,
        mut unsettled: Vec<Unsettled>,
        faults: Vec<FaultReport>,
        journeys_ms: u64,
    ) -> Result<Report, ScenarioError> {
        let all: Vec<_> = self.scenario.observe.iter().collect();
        unsettled.extend(judge::collect(collector, books, &all, self.patience()).await?);
        let mut invariants = Vec::new();
        for invariant in &self.scenario.invariant {
            invariants.push(judge::examine(invariant, books).await?);
        }
        let failed: Vec<JourneyFailure> = collector
            .journeys
            .iter()
            .filter_map(|journey| journey.failure.clone())
            .collect();
        let mut report = Report {
            scenario: self.scenario.name.as_ref().clone(),
            seed: self.seed,
            count: self.scenario.workload.count,
            concurrency: self.scenario.workload.concurrency,
            verdict: Verdict::Inconclusive,
            timeline: Timeline {
                phases: self.time.phases(),
                journeys_ms,
                total_ms: self.time.now_ms(),
            },
            requests: self.asker.requests(),
            failed_journeys: failed,
            faults,
            unsettled,
            invariants,
        };
        report.verdict = report.judge();
        Ok(report)
    }
}

fn check_roles(scenario: &Scenario, world: &dyn World) -> Result<(), ScenarioError> {
    let asked = scenario.setup.iter().chain(&scenario.step).map(|step| &step.node);
    let observed = scenario.observe.iter().flat_map(|observation| observation.roles());
    let roles: BTreeSet<&String> = asked.chain(observed).collect();
    roles.into_iter().try_for_each(|role| {
        world
            .node_of(role)
            .map(drop)
            .map_err(|reason| ScenarioError::NoSuchRole {
                role: role.clone(),
                reason,
            })
    })
}
