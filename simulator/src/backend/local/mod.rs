//! Nodes as child processes on loopback.
//!
//! Every node leads a process group of its own and is started by a shim (`seam launch`) that holds it back until the
//! reaper (`seam reap`, a process of its own) knows its group. The reaper kills every group it knows as soon as `seam` is gone, however that
//! happened; a node held back then never begins. So nothing is left behind but what a node moved to another process group
//! itself.

mod build;
mod error;
mod group;
mod launch;
mod links;
mod log;
mod member;
mod ports;
mod ready;
mod reaper;
mod run_folder;
mod running;

pub use build::package_variables;
pub use error::{NodeError, UpError};
pub(crate) use launch::launch;
pub(crate) use reaper::reap;
pub use running::{Folder, Running, up};
