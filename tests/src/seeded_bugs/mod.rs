//! Bugs to plant, one at a time, to measure whether the suites and tests find them. The shipped code knows nothing of
//! them.

mod clients;
mod feeds;
mod modules;
mod patch;
mod slower;
mod tamper;
mod tested;

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
    /// Edits a copy of the workspace and runs one test there, which has to fail.
    Tested {
        /// The edits that make the bug.
        edits: &'static [Edit],
        /// The test that has to find it.
        test: Test,
    },
}

impl Plant {
    /// The edits that make the bug; none if it is a wrapper.
    pub fn edits(&self) -> &'static [Edit] {
        match self {
            Self::Patched(edits) | Self::Tested { edits, .. } => edits,
            Self::Wrapped(_) | Self::Feed { .. } => &[],
        }
    }
}

/// A test of the workspace.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Test {
    /// The test binaries that may have it: those of the libraries (`lib`), or those of this name.
    pub target: &'static str,
    /// Its path in the binary, as libtest prints it.
    pub name: &'static str,
}

/// Every seeded bug.
pub fn catalogue() -> Vec<Bug> {
    [clients::BUGS, feeds::BUGS, modules::BUGS, slower::BUGS, &tested::bugs()].concat()
}
