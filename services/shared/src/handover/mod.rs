//! Handover of a module's rows to another database: what a module declares, and the contract `seam::handover` on it.
//!
//! A module declares its tables as [`Set`]s: which rows belong to which root, what tells an older state from a newer
//! one, and which columns each side has for itself. [`HandoverStore`] does the rest, on both engines.

mod catalogue;
mod digest;
mod read;
mod set;
mod store;
mod take;

pub use set::{Changes, Set, Table};
pub use store::HandoverStore;
pub(crate) use store::failed;
