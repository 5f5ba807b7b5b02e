use std::{cell::RefCell, time::Duration};

use super::{Event, Phase};
use crate::{progress::Progress, steps::World};

/// The clock of a run: knows when each phase began, and passes events on.
pub(super) struct Timekeeper<'a> {
    progress: &'a dyn Progress<Event>,
    world: &'a dyn World,
    origin: Duration,
    phases: RefCell<Vec<(Phase, u64)>>,
}

impl<'a> Timekeeper<'a> {
    /// The clock of a run that begins now, in its first phase.
    pub(super) fn start(world: &'a dyn World, progress: &'a dyn Progress<Event>) -> Self {
        let time = Self {
            progress,
            world,
            origin: world.now(),
            phases: RefCell::default(),
        };
        time.enter(Phase::Steady);
        time
    }

    /// Notes that a phase began, unless it or a later one has.
    pub(super) fn enter(&self, phase: Phase) {
        let begins = self.phases.borrow().last().is_none_or(|(last, _)| *last < phase);
        if begins {
            self.phases.borrow_mut().push((phase, self.now_ms()));
            self.report(&Event::Phase(phase));
        }
    }

    /// Passes an event on to the listener.
    pub(super) fn report(&self, event: &Event) {
        self.progress.report(event);
    }

    /// Milliseconds since the run began.
    pub(super) fn now_ms(&self) -> u64 {
        self.ms_at(self.world.now())
    }

    /// Milliseconds from the beginning of the run to a moment on the world's clock; 0 for one before.
    pub(super) fn ms_at(&self, moment: Duration) -> u64 {
        u64::try_from(moment.saturating_sub(self.origin).as_millis()).unwrap_or(u64::MAX)
    }

    /// The phases so far, with the milliseconds at which they began.
    pub(super) fn phases(&self) -> Vec<(Phase, u64)> {
        self.phases.borrow().clone()
    }
}
