//! Brings a topology to life and keeps the address of every link.
//!
//! [`up`] returns a [`Running`] topology. This module owns all that does not depend on how a node is run: the
//! order of starts, life cycle, readiness, links, the run folder and logs. What runs a node is a `Runner`, which
//! starts, stops, kills and awaits it. There are two: for child processes of this machine (`local`), and for containers
//! (`containers`).

pub(crate) mod containers;
mod crash;
mod error;
pub(crate) mod kept;
mod life;
mod links;
mod local;
mod logs;
mod options;
mod progress;
mod ready;
mod run_folder;
mod runner;
mod running;
mod status;
mod supervisor;
mod support;
mod up;
mod world;

pub(crate) use containers::{Engine, engine, remove_leftovers};
pub use error::{LogEnd, NodeError, UpError};
pub use kept::Keep;
pub use local::{Built, package_variables};
pub(crate) use local::{launch, program_is_there, reap};
pub(crate) use logs::Lines;
pub use options::{Options, Profile};
pub use progress::Event;
pub(crate) use run_folder::default_runs as runs_of;
pub use running::{Folder, Running};
pub(crate) use status::seconds;
pub use status::{Death, NodeState, NodeStatus};
pub(crate) use support::support;
pub use up::{build, up};
pub(crate) use world::{LocalWorld, Sockets};
