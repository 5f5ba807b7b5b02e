use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use futures::lock::Mutex;
use seam::chance::draw;
use tokio::sync::watch;

use super::{
    FaultOutcome, FaultPlan, Moment, Scenario, ScenarioError,
    draw::draw_between,
    fault_plan::{Hits, Lasts},
};
use crate::steps::{Fault, LinkTraffic, Met, Support, Target, World};

/// The longest delay of a fault "at random" after its journey began, so that it does not always meet the first step
/// of one.
const RANDOM_DELAY_MS: u64 = 100;

/// One laying of a fault, with every choice made.
pub(super) struct Scheduled {
    pub(super) fault: Fault,
    /// The entry of the scenario that it comes from, by its number from 0.
    pub(super) entry: usize,
    pub(super) when: When,
    pub(super) at_journey: Cell<u64>,
    /// The time until it is lifted; `None` for the end of the journeys.
    pub(super) lasts: Option<Duration>,
    pub(super) approximated: Option<String>,
    /// Shared by the faults of one node, which bears one at a time: a dead node can't be killed. The layings of one
    /// fault of links share one too.
    pub(super) turn: Rc<Mutex<()>>,
    pub(super) state: RefCell<State>,
    /// For those that wait for it.
    pub(super) fate: watch::Sender<Fate>,
    pub(super) traffic: RefCell<Vec<LinkTraffic>>,
    pub(super) met: RefCell<Option<Met>>,
}

/// The moment of a fault, drawn.
#[derive(Clone, Debug)]
pub(super) enum When {
    /// This long after this journey was started, even if the last one is over by then.
    Journey(u64, Duration),
    /// This long after the journeys began.
    After(Duration),
    /// This long after a node became ready again.
    Ready(String, Duration),
    /// This long after the first laying of another entry.
    Fault(String, Duration),
}

#[derive(Clone, Debug)]
pub(super) enum State {
    /// Waiting for its moment.
    Ahead,
    /// Laid, and not lifted yet; `at_ms` counts from the start of the run.
    Laid { at_ms: u64 },
    /// Done with: nothing more happens to it.
    Over(FaultOutcome),
}

/// The answer to those that wait for a fault.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    Ahead,
    Laid,
    Never,
}

impl Scheduled {
    /// True if it acted on some traffic of its links, or had to do with its node as far as that can be seen.
    pub(super) fn has_acted(&self) -> bool {
        if self.fault.kind.is_of_links() {
            return self.traffic.borrow().iter().any(|link| link.fired > 0);
        }
        self.met.borrow().as_ref().is_none_or(|met| !met.is_nothing())
    }

    pub(super) fn end(&self, outcome: FaultOutcome) {
        let laid = matches!(*self.state.borrow(), State::Laid { .. });
        if !laid {
            self.fate.send_replace(Fate::Never);
        }
        self.state.replace(State::Over(outcome));
    }
}

/// Makes every choice of a scenario's faults. One whose role nothing plays is over at once, as refused.
///
/// # Errors
/// When the world can't lay one of them.
pub(super) fn schedule(scenario: &Scenario, seed: u64, world: &dyn World) -> Result<Vec<Scheduled>, ScenarioError> {
    let count = scenario.workload.count;
    let mut turns: BTreeMap<String, Rc<Mutex<()>>> = BTreeMap::new();
    let mut all = Vec::new();
    for (entry, (ordinal, plan)) in (0u64..).zip(&scenario.faults).enumerate() {
        let first = when(plan, ordinal, seed, count);
        for number in 1..=plan.times {
            // The first draws are those of a fault that is laid once.
            let ordinal = ordinal + u64::from(number - 1) * 1_000_000;
            let (fault, refused) = drawn(plan, (ordinal, number), seed, world);
            let key = match &fault.target {
                Target::Node(node) => format!("node {node}"),
                Target::Link(_) | Target::Partition(..) => format!("entry {entry}"),
            };
            let approximated = match refused {
                None => supported(world, &fault)?,
                Some(_) => None,
            };
            let when = first.clone().later(plan.every * (number - 1));
            all.push(Scheduled {
                entry,
                at_journey: Cell::new(when.journey()),
                when,
                lasts: match plan.lasts {
                    Lasts::Between(low, high) => {
                        let drawn = draw_between(seed, "fault/heal", ordinal, (low, high));
                        Some(Duration::from_millis(drawn))
                    }
                    Lasts::ToTheEnd => None,
                },
                approximated,
                turn: turns.entry(key).or_default().clone(),
                fate: watch::Sender::new(if refused.is_some() { Fate::Never } else { Fate::Ahead }),
                state: RefCell::new(refused.map_or(State::Ahead, State::Over)),
                traffic: RefCell::default(),
                met: RefCell::default(),
                fault,
            });
        }
    }
    Ok(all)
}

/// The difference between a fault and what the world lays, if there is one.
fn supported(world: &dyn World, fault: &Fault) -> Result<Option<String>, ScenarioError> {
    match world.support(fault) {
        Support::Supported => Ok(None),
        Support::Approximated(difference) => Ok(Some(difference)),
        Support::Refused(reason) => Err(ScenarioError::Refused {
            fault: fault.name.clone(),
            reason,
        }),
    }
}

/// The fault of a plan with its target drawn, and its outcome if nothing plays its role.
fn drawn(
    plan: &FaultPlan,
    (ordinal, number): (u64, u32),
    seed: u64,
    world: &dyn World,
) -> (Fault, Option<FaultOutcome>) {
    let Hits::Node(_, candidates) = &plan.hits else {
        return (plan.fault("", number), None);
    };
    let role = candidates.pick(draw(seed, "fault/node", ordinal));
    match world.node_of(role) {
        Ok(node) => (plan.fault(&node, number), None),
        Err(reason) => (plan.fault(role, number), Some(FaultOutcome::Refused { reason })),
    }
}

/// The moment of the first laying.
fn when(plan: &FaultPlan, ordinal: u64, seed: u64, count: u64) -> When {
    match &plan.at {
        Moment::Started(fraction) => When::Journey(nth(*fraction, count), Duration::ZERO),
        Moment::Journey(number) => When::Journey(*number, Duration::ZERO),
        Moment::After(delay) => When::After(*delay),
        Moment::Ready(node, delay) => When::Ready(node.clone(), *delay),
        Moment::Fault(name, delay) => When::Fault(name.clone(), *delay),
        Moment::Random => {
            let (last, longest) = match plan.hits {
                Hits::Node(..) => (count, RANDOM_DELAY_MS),
                // Something must pass the link afterwards.
                Hits::Link(..) | Hits::Partition(..) => ((count - count / 4).max(1), 1),
            };
            let delay_ms = draw(seed, "fault/delay", ordinal) % longest;
            let at_journey = draw_between(seed, "fault/at", ordinal, (1, last));
            When::Journey(at_journey, Duration::from_millis(delay_ms))
        }
    }
}

impl When {
    fn later(self, by: Duration) -> Self {
        match self {
            Self::Journey(number, delay) => Self::Journey(number, delay + by),
            Self::After(delay) => Self::After(delay + by),
            Self::Ready(node, delay) => Self::Ready(node, delay + by),
            Self::Fault(name, delay) => Self::Fault(name, delay + by),
        }
    }

    /// The journey with which it comes; 0 if that is not known yet.
    fn journey(&self) -> u64 {
        match self {
            Self::Journey(number, _) => *number,
            Self::After(_) | Self::Ready(..) | Self::Fault(..) => 0,
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
