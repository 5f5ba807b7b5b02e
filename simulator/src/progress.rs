//! Observers of what takes a while: a topology that comes up, a scenario that runs.

use std::{
    fmt::Display,
    io::{self, Write},
};

/// Observer of something that takes a while. Called on the task that does the work, so an implementation must return at
/// once.
pub trait Progress<E>: Send + Sync {
    /// Reports one event.
    fn report(&self, event: &E);
}

/// Discards every event.
#[derive(Clone, Copy, Debug, Default)]
pub struct Silent;

impl<E> Progress<E> for Silent {
    fn report(&self, _: &E) {}
}

/// Prints each event as a line on stderr. One that can't be written is lost.
#[derive(Clone, Copy, Debug, Default)]
pub struct Lines;

impl<E: Display> Progress<E> for Lines {
    fn report(&self, event: &E) {
        let _ = io::stderr().write_all(format!("{event}\n").as_bytes());
    }
}
