//! Topologies, scenarios, and the `seam` command line.
//!
//! A [`topology`] names the nodes of a system and their links; a [`backend`] brings it to life, with an address for
//! each link that never changes; a [`scenario`] drives it with [`steps`] and gives the verdict. A rehearsal moves a
//! module out of one node into another while a scenario runs. None of them knows what the nodes do.

#![warn(clippy::print_stderr)] // it panics when stderr is closed or full; `commands::output::note` does not

pub mod backend;
pub mod cli;
mod commands;
pub mod exit;
pub mod interrupt;
pub mod progress;
mod providers;
mod proxies;
mod rehearsal;
mod report;
pub mod scenario;
mod schema;
pub mod search;
pub mod steps;
mod template;
pub mod topology;
