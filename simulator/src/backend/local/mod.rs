//! Nodes as child processes on loopback.
//!
//! Every node leads a process group of its own. A shim (`seam launch`) starts it, but holds it back until the
//! reaper (`seam reap`, a separate process) knows the group. The reaper kills every group that it knows as soon
//! as `seam` is gone, for whatever reason, and a node that is still held back then never begins. So nothing
//! outlives `seam`, except a process that a node moved to another process group itself.

mod build;
mod command_line;
mod group;
mod launch;
mod ports;
mod processes;
mod reaper;

pub use build::package_variables;
pub(crate) use launch::launch;
pub(super) use processes::Processes;
pub(crate) use reaper::reap;
