use std::{sync::Mutex, time::Duration};

use super::{Phase, Progress};
use crate::steps::World;

/// Knows when each phase of a run began.
pub(crate) struct Timekeeper<'a> {
    pub(crate) progress: &'a dyn Progress,
    world: &'a dyn World,
    origin: Duration,
    phases: Mutex<Vec<(Phase, u64)>>,
}

impl<'a> Timekeeper<'a> {
    /// A run that begins now, in its first phase.
    pub(crate) fn start(world: &'a dyn World, progress: &'a dyn Progress) -> Self {
        let time = Self {
            progress,
            world,
            origin: world.now(),
            phases: Mutex::default(),
        };
        time.enter(Phase::Steady);
        time
    }

    /// Notes that a phase began, unless it or a later one has.
    pub(crate) fn enter(&self, phase: Phase) {
        let mut phases = self.phases.lock().unwrap_or_else(std::sync::PoisonError::into_inner);
        if phases.last().is_none_or(|(last, _)| *last < phase) {
            phases.push((phase, self.now_ms()));
            self.progress.phase(phase);
        }
    }

    /// Milliseconds since the run began.
    pub(crate) fn now_ms(&self) -> u64 {
        u64::try_from(self.world.now().saturating_sub(self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    /// The phases so far.
    pub(crate) fn phases(&self) -> Vec<(Phase, u64)> {
        self.phases
            .lock()
            .unwrap_or_else(std::sync::PoisonError::into_inner)
            .clone()
    }
}
