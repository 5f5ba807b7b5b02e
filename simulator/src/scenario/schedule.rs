use std::{
    cell::{Cell, RefCell},
    collections::BTreeMap,
    rc::Rc,
    time::Duration,
};

use futures::lock::Mutex;
use tokio::sync::watch;

use super::{FaultOutcome, FaultPlan, ScenarioError, choices::When, draw::Lot};
use crate::steps::{Fault, LinkTraffic, Met, Support, Target, World};

/// One laying of a fault, with every choice made.
pub(super) struct Scheduled {
    pub(super) fault: Fault,
    /// The entry of the scenario that it comes from, by its number from 0.
    pub(super) entry: usize,
    /// True for a candidate of `[explore]` that the seed has drawn.
    pub(super) drawn: bool,
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

/// Makes every choice of the faults of a run of so many journeys. One whose role nothing plays is over at once, as
/// refused.
///
/// # Errors
/// When the world can't lay one of them.
pub(super) fn schedule(
    plans: &[FaultPlan],
    count: u64,
    seed: u64,
    world: &dyn World,
) -> Result<Vec<Scheduled>, ScenarioError> {
    let mut turns: BTreeMap<String, Rc<Mutex<()>>> = BTreeMap::new();
    let mut all = Vec::new();
    for (entry, (ordinal, plan)) in (0u64..).zip(plans).enumerate() {
        let lot = Lot::of_entry(seed, ordinal);
        let first = plan.when(lot, count);
        for number in 1..=plan.layings(lot) {
            let (fault, refused) = drawn(plan, lot, number, world);
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
                drawn: plan.drawn,
                at_journey: Cell::new(when.journey()),
                when,
                lasts: plan.length(lot, number),
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
fn drawn(plan: &FaultPlan, lot: Lot<'_>, number: u32, world: &dyn World) -> (Fault, Option<FaultOutcome>) {
    let Some(role) = plan.role(lot, number) else {
        return (plan.fault("", number), None);
    };
    match world.node_of(role) {
        Ok(node) => (plan.fault(&node, number), None),
        Err(reason) => (plan.fault(role, number), Some(FaultOutcome::Refused { reason })),
    }
}
