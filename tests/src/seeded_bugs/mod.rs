//! Bugs to plant, one at a time, to see whether the equivalence suites find them. The shipped code knows nothing of them.

mod clients;
mod feeds;
mod modules;
mod patch;
mod tamper;

use seam::equivalence::Failure;

use crate::equivalence::feeds::{Property, Subject};

pub use patch::{Edit, EditError};

/// One planted bug.
#[derive(Clone, Copy, Debug)]
pub struct Bug {
    /// What goes wrong.
    pub name: &'static str,
    /// Where it sits.
    pub layer: Layer,
    /// The suite that has to find it.
    pub suite: &'static str,
    /// How it gets there.
    pub plant: Plant,
}

/// Where a bug sits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Layer {
    /// Between a caller and the wire.
    Client,
    /// Between the wire and a module.
    Router,
    /// In a module's rules.
    Module,
    /// In a module's SQL, or in how its effects commit.
    Store,
}

/// How a bug is planted.
#[derive(Clone, Copy, Debug)]
pub enum Plant {
    /// The suite on a subject with a wrapper round it, from this seed.
    Wrapped(fn(u64) -> Option<Failure>),
    /// The suite of events, on this subject; it is found when a history breaks one of these properties.
    Feed {
        /// What has the bug.
        subject: fn() -> Subject,
        /// What a history has to break.
        breaks: &'static [Property],
    },
    /// Edits to a copy of the workspace; there, the suite runs on the module by function call.
    Patched(&'static [Edit]),
}

/// Every bug.
pub fn catalogue() -> Vec<Bug> {
    [clients::BUGS, feeds::BUGS, modules::BUGS].concat()
}
