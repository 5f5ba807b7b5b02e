//! Listeners to what takes a while: a topology that comes up, a scenario that runs.

use std::fmt::Display;

/// A listener to the events of something that takes a while. Called from the task that does the work: return at once.
pub trait Progress<E>: Send + Sync {
    /// Takes note of an event.
    fn report(&self, event: &E);
}

/// A listener that ignores every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<E> Progress<E> for Silent {
    fn report(&self, _: &E) {}
}

/// A listener that prints each event as a line on stderr.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

impl<E: Display> Progress<E> for Lines {
    fn report(&self, event: &E) {
        eprintln!("{event}");
    }
}
