//! Pact files, their ledger in git, and the gate that answers whether a service may be deployed.
//!
//! - [`document`]: one pact file of version 1 to 4, with a hash over its promises and nothing else.
//! - [`source`]: the pacts of a folder or of a git revision; [`git`] asks the `git` program.
//! - [`records`]: publications, verifications and deployments, as files that merge; and the declared settings.
//! - [`gate`]: decides whether a version may go live, be taken out, or come back.
//! - [`matrix`]: all that is live, and which pairs were verified.
//! - [`diff`]: changes between two revisions, and the consumers that they matter to.
//!
//! The crate starts no process but `git`, opens no socket, reads no clock, and knows no service.

pub mod diff;
pub mod document;
pub mod gate;
pub mod git;
pub mod matrix;
pub mod records;
pub mod source;
mod suggestions;
