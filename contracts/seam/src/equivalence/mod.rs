//! Tests that implementations of a contract behave the same.
//!
//! A [`Model`] describes the promises of a contract as a small state machine. A [`Suite`] generates sequences
//! of legal and illegal calls from it, runs them on every subject, and compares replies, errors and effects.
//! The first difference is shrunk and printed as a history, with the command that replays it.
//!
//! - Allowed differences: a [`Rule`] each, with an owner and a reason. Every other difference fails.
//! - Coverage: every reachable [`Cell`] of the state machine is counted, and one that was missed fails the suite.
//! - Regressions: a sequence that failed is saved as JSON, by its calls, and runs first from then on.
//! - Concurrency: [`Suite::run_concurrently`] lets several callers call at once, and [`linearizability`]
//!   decides whether some order of the calls explains the replies.
//! - Fakes: [`Fake`] makes a model an implementation, for tests of code that calls the contract.
//!
//! Built on [`proptest`], which draws the calls and makes them simpler.
//!
//! # Sources
//! Bornholt et al., "Using Lightweight Formal Methods to Validate a Key-Value Storage Node in Amazon S3", SOSP
//! 2021 (a small reference model beside the implementation); Hughes, "Experiences with QuickCheck", 2016
//! (sequences from a model's state, negative calls).

mod concurrent;
mod counterexample;
mod coverage;
mod execution;
mod failure;
mod fake;
mod guide;
pub mod harness;
mod model;
mod plan;
mod replay;
mod report;
mod run;
mod saved;
mod sequence;
mod settings;
mod shrink;
mod subject;
mod suite;

pub use concurrent::{Completion, ConcurrentCall, ConcurrentCounterexample, ConcurrentReport, Part};
pub use counterexample::{Counterexample, Exchange, Origin};
pub use execution::{Difference, What};
pub use failure::Failure;
pub use fake::Fake;
pub use model::{CallOf, Cell, Model, ReplyOf};
pub use report::Report;
pub use subject::Instance;
pub use suite::Suite;

pub use crate::compare::{Mismatch, Rule};
