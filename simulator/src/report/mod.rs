//! Reports of a run for people and for CI: one HTML page that loads nothing, and JUnit's XML.
//!
//! Both show what [`crate::scenario::Report`] holds. The page adds what the nodes logged ([`Evidence`]): lines of
//! single requests across nodes, and lines around failures and deaths.

mod evidence;
mod graph;
mod groups;
mod invariants;
mod junit;
mod lines;
mod page;
mod picture;
mod plot;
mod rehearsal;
mod requests;
mod steps;
mod timeline;
mod words;

#[cfg(test)]
pub(crate) mod tests;

pub(crate) use evidence::Evidence;
pub(crate) use junit::junit;
pub(crate) use page::html;
pub(crate) use rehearsal::rehearsal;

use crate::{scenario::Report, topology::Topology};

/// Everything that a page shows.
pub(crate) struct Facts<'a> {
    pub(crate) report: &'a Report,
    /// The sentence of the scenario on what it shows.
    pub(crate) about: &'a str,
    pub(crate) topology: &'a Topology,
    pub(crate) profile: &'a str,
    /// The command that runs this again.
    pub(crate) replay: &'a str,
    pub(crate) evidence: &'a Evidence,
}
