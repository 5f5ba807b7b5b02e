use std::{collections::BTreeMap, time::Duration};

use futures::lock::Mutex;
use tokio::sync::watch;

use super::{
    Fault, FaultKind, FaultOutcome, FaultReport, Moment, Phase,
    draw::{draw, draw_between},
    timekeeper::Timekeeper,
};
use crate::steps::World;

/// The longest a fault "at random" waits after its journey began, so that it does not always meet the first step of one.
const RANDOM_DELAY_MS: u64 = 100;

/// A fault with every choice made.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct PlannedFault {
    kind: FaultKind,
    pub(crate) role: String,
    at_journey: u64,
    delay: Duration,
    heal_after: Duration,
}

/// Makes the choices of the fault at this place in the schedule.
pub(crate) fn plan(fault: &Fault, ordinal: u64, seed: u64, count: u64) -> PlannedFault {
    let roles: Vec<&String> = fault.node.iter().chain(fault.any_of.iter().flatten()).collect();
    let last = u64::try_from(roles.len().saturating_sub(1)).unwrap_or(0);
    let chosen = usize::try_from(draw_between(seed, "fault/node", ordinal, (0, last))).unwrap_or(0);
    let (at_journey, delay_ms) = match fault.at {
        Moment::Started(fraction) => (nth(fraction, count), 0),
        Moment::Random => (
            draw_between(seed, "fault/at", ordinal, (1, count)),
            draw(seed, "fault/delay", ordinal) % RANDOM_DELAY_MS,
        ),
    };
    PlannedFault {
        kind: *fault.kind.as_ref(),
        role: roles.get(chosen).map_or_else(String::new, |role| (*role).clone()),
        at_journey,
        delay: Duration::from_millis(delay_ms),
        heal_after: Duration::from_millis(draw_between(seed, "fault/heal", ordinal, fault.heal_after_ms)),
    }
}

/// What the faults of one run share.
pub(crate) struct Strikes<'a> {
    pub(crate) world: &'a dyn World,
    pub(crate) time: &'a Timekeeper<'a>,
    /// One at a time for each node: a dead node can't be killed.
    pub(crate) nodes: BTreeMap<String, Mutex<()>>,
}

impl Strikes<'_> {
    /// Waits for the fault's moment, lets it happen, and undoes it.
    pub(crate) async fn strike(&self, fault: &PlannedFault, mut started: watch::Receiver<u64>) -> FaultReport {
        let report = |node: String, outcome| FaultReport {
            kind: fault.kind,
            node,
            at_journey: fault.at_journey,
            outcome,
        };
        let node = match self.world.node_of(&fault.role) {
            Ok(node) => node,
            Err(reason) => return report(fault.role.clone(), FaultOutcome::NeverFired { reason }),
        };
        if started.wait_for(|started| *started >= fault.at_journey).await.is_err() {
            let reason = format!("the run ended before journey {} was started", fault.at_journey);
            return report(node, FaultOutcome::NeverFired { reason });
        }
        self.world.pause(fault.delay).await;
        let _one_at_a_time = match self.nodes.get(&node) {
            Some(lock) => Some(lock.lock().await),
            None => None,
        };
        let outcome = self.kill_and_restart(&node, fault.heal_after).await;
        report(node, outcome)
    }

    async fn kill_and_restart(&self, node: &str, heal_after: Duration) -> FaultOutcome {
        self.time.enter(Phase::Faults);
        if let Err(reason) = self.world.kill(node).await {
            return FaultOutcome::NeverFired { reason };
        }
        let at_ms = self.time.now_ms();
        self.time.progress.note(&format!("killed {node}"));
        self.world.pause(heal_after).await;
        match self.world.restart(node).await {
            Ok(()) => {
                self.time.progress.note(&format!("{node} is back"));
                FaultOutcome::Fired {
                    at_ms,
                    healed_at_ms: self.time.now_ms(),
                }
            }
            Err(reason) => FaultOutcome::NotHealed { at_ms, reason },
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
