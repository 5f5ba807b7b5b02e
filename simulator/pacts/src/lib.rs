//! Pact files, their ledger in git, and the gate that answers whether a service may be deployed.
//!
//! A [`document`] is one pact file, of any version from 2 to 4, with a hash over what it promises and nothing else. Nothing here starts
//! a process but `git`, opens a socket, or knows what the services do.

pub mod diff;
pub mod document;
pub mod gate;
pub mod git;
pub mod ledger;
pub mod matrix;
mod near;
pub mod source;
