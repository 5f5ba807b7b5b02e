//! Bugs to plant, one at a time, to measure whether the equivalence suites find them. The shipped code knows
//! nothing of them.

mod clients;
mod feeds;
mod modules;
mod patch;
mod slower;
mod tamper;

use seam::equivalence::Failure;

use crate::equivalence::feeds::{Property, Subject};

pub use patch::{Edit, EditError};

/// A bug that can be planted.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// The misbehaviour, as a sentence without a period.
    pub name: &'static str,
    /// The layer that has the bug.
    pub layer: Layer,
    /// The suite that has to find it.
    pub suite: &'static str,
    /// The way to plant it.
    pub plant: Plant,
}

/// The layer that has a bug.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Between a caller and the wire.
    Client,
    /// Between the wire and a module.
    Router,
    /// In a module's rules.
    Module,
    /// In a module's SQL, or in the way that its effects commit.
    Store,
}

/// A way to plant a bug.
#[derive(Clone, Copy, Debug)]
pub enum Plant {
    /// Runs the suite, from this seed, on a subject inside a defective wrapper.
    Wrapped(fn(u64) -> Option<Failure>),
    /// Runs the suite of events on a defective subject; the bug is found if a history violates one of these
    /// properties.
    Feed {
        /// Creates the defective subject.
        subject: fn() -> Subject,
        /// The properties of which a history has to violate one.
        breaks: &'static [Property],
    },
    /// Edits a copy of the workspace and runs the suite there, on the module by function call.
    Patched(&'static [Edit]),
}

/// Every seeded bug.
pub fn catalogue() -> Vec<Bug> {
    [clients::BUGS, feeds::BUGS, modules::BUGS, slower::BUGS].concat()
}
