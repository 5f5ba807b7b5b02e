//! Nodes as child processes on loopback.
//!
//! Every node leads a process group of its own. A shim (`seam launch`) starts it, but holds it back until the
//! reaper (`seam reap`, a separate process) knows the group. The reaper kills every group that it knows as soon
//! as `seam` is gone, for whatever reason, and a node that is still held back then never begins. A process that has
//! left its group (`setsid`, a daemon) is found in the end by the id of the run in its environment, where there is a
//! `/proc`, or as a child that `seam` has adopted ([`strays`]). So nothing outlives `seam`, except a process that has
//! left its group and its environment on a system without subreapers, or a moment before `seam` was killed.

mod build;
mod command_line;
mod group;
mod launch;
mod outside;
mod ports;
mod processes;
mod reaper;
mod strays;

pub use build::{Built, package_variables};
pub(crate) use command_line::program_is_there;
pub(crate) use launch::launch;
pub(super) use processes::{Processes, build_once};
pub(super) use reaper::RUN;
pub(crate) use reaper::reap;
