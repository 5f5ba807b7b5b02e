//! Idempotent commands: the same command twice has one effect. Claim, effect, stored reply and event commit together.
//!
//! Within one `Database::write`: [`claim`] the key, do the effect, [`complete`] with the reply.
//!
//! A command that has to call others claims in one write, calls, and completes in a second write together with its
//! effect. If the process dies between the two, the lease of the claim expires, and either the caller's repetition
//! or a recoverer ([`expired`], [`resume`]) goes on with the same derived ids. A [`Command`] does all of that for
//! what [`Decide`] says.
//!
//! A claim is fenced by the token of its [`Lease`]: once the lease expired and somebody else took the claim over,
//! [`complete`] fails with [`DatabaseError::ClaimLost`](crate::DatabaseError::ClaimLost) and so rolls the whole
//! write back.
//!
//! [`claim`] and [`complete`] mark the stored request id and time with `seam::original`, so that the first answer and
//! every repetition are the same bytes. `Database::write` hands the mark on to its caller.

mod claim;
mod command;
mod fingerprint;
mod lease;
mod recovery;
mod retention;
mod scope;

pub use claim::{Claim, Stored, claim, complete};
pub use command::{Command, Decide, Decision, goes_on};
pub use fingerprint::{Fingerprint, fingerprint};
pub use lease::{Lease, forget, release, renew};
pub use recovery::{Expired, expired, resume};
pub(crate) use retention::Retention;
pub use retention::prune;
pub use scope::Scope;
