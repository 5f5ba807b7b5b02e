//! The same command twice is one command: claim, effect and stored reply commit together.
//!
//! Within one `Database::write`: [`claim`] the key; do the effect; [`complete`] with the reply. A command that has to call others in
//! between claims in one write, calls, and completes in a second write together with its effect. If the process dies in between, the claim's lease
//! runs out, and either the caller's repetition or a recoverer ([`expired`], [`resume`]) goes on with the same derived ids. A [`Command`]
//! does all of that for what [`Decide`] says.
//!
//! A claim is fenced: once its lease ran out and somebody else took it over, [`complete`] fails with
//! [`DatabaseError::ClaimLost`](crate::DatabaseError::ClaimLost) and so undoes the whole write.
//!
//! [`claim`] and [`complete`] mark the stored request id and time with `seam::replay`, so that the first answer and every replay are the
//! same bytes. `Database::write` hands the mark on to its caller.

mod claim;
mod command;
mod fingerprint;
mod recovery;
mod scope;

pub use claim::{Claim, Stored, claim, complete, forget, release, renew};
pub use command::{Command, Decide, Decision};
pub use fingerprint::{Fingerprint, fingerprint};
pub(crate) use recovery::has_older;
pub use recovery::{Expired, expired, prune, resume};
pub use scope::{Scope, Ticket};
