//! Pact files, their ledger in git, and the gate that answers whether a service may be deployed.
//!
//! - [`document`]: one pact file, of any version from 2 to 4, with a hash over what it promises and nothing else.
//! - [`source`]: the pacts of a folder or of a git revision; [`git`] asks the `git` program.
//! - [`records`]: what was published, verified and deployed, as files that merge; and what people declare.
//! - [`gate`]: may a version go live, go out, or come back?
//! - [`matrix`]: all that is live, and who is verified against whom.
//! - [`diff`]: what changed between two revisions, and for which consumer that matters.
//! - [`markup`]: text in pages.
//!
//! Nothing here starts a process but `git`, opens a socket, reads a clock, or knows what the services do.

pub mod diff;
pub mod document;
pub mod gate;
pub mod git;
pub mod markup;
pub mod matrix;
mod near;
pub mod records;
pub mod source;
