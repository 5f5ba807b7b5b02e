//! Topologies, scenarios, and the `seam` command line.
//!
//! A [`topology`] says what stands where; a [`backend`] brings it to life, with an address for each link that never
//! changes; a [`scenario`] drives it and says the verdict. None of them knows what the nodes do.

pub mod backend;
pub mod cli;
mod commands;
pub mod exit;
pub mod interrupt;
mod providers;
pub mod scenario;
pub mod search;
pub mod steps;
pub mod topology;
