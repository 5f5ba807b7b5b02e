use seam::{chance::Chance, time::Clock};

/// The clock and the randomness of a task, to be handed on to tasks that it spawns. A task begins without them.
///
/// So one clock and one seed around the code that opens a module reach all the work of that module.
#[derive(Clone, Debug)]
pub(crate) struct Ambient {
    clock: Clock,
    chance: Chance,
}

impl Ambient {
    /// Takes those of the running task.
    pub(crate) fn current() -> Self {
        Self {
            clock: Clock::current(),
            chance: Chance::current(),
        }
    }

    /// Runs `future` with them.
    pub(crate) fn scope<F: Future>(self, future: F) -> impl Future<Output = F::Output> {
        self.clock.scope(self.chance.scope(future))
    }
}
