//! Proves that implementations of a contract behave the same, with evidence.
//!
//! A [`Model`] says what a contract promises, as a small state machine. A [`Suite`] draws sequences of calls from it, legal and illegal,
//! runs them on every subject and compares replies, errors and effects. The first difference is made as small as it gets and printed as
//! a history that can be replayed.
//!
//! - what may differ: [`Rule`], each with an owner and a reason; whatever has no rule may not;
//! - how much was seen: every [`Cell`] of the state machine that can be reached is counted, and a cell that was missed fails the suite;
//! - what failed once: saved as JSON, calls and not draws, and run first from then on.
//!
//! [`Suite::run_concurrently`] lets several callers call at once, and [`linearizability`] decides whether some order explains what they heard.
//!
//! Built on [`proptest`], which draws the calls and makes them simpler.
//!
//! # Sources
//! Bornholt et al., "Using Lightweight Formal Methods to Validate a Key-Value Storage Node in Amazon S3", SOSP 2021 (a small reference
//! model beside the implementation); Hughes, "Experiences with QuickCheck", 2016 (sequences from a model's state, negative calls).

mod concurrently;
mod counterexample;
mod coverage;
mod execution;
mod failure;
mod model;
mod modelled;
mod replay;
mod report;
mod run;
mod saved;
mod sequence;
mod settings;
mod shrink;
mod subject;
mod suite;

pub use concurrently::{ConcurrentReport, Heard};
pub use counterexample::{Counterexample, Exchange, Origin};
pub use execution::{Difference, What};
pub use failure::Failure;
pub use model::{CallOf, Cell, Model, ReplyOf};
pub use modelled::Modelled;
pub use report::Report;
pub use subject::Instance;
pub use suite::Suite;

pub use crate::compare::{Mismatch, Rule};
