//! The module's tables, a file for each. One text of each query serves both engines.
//!
//! Functions that take a transaction take part in the caller's write; the others read what is committed.

pub(crate) mod due;
pub(crate) mod holds;
pub(crate) mod ledger;
pub(crate) mod payments;
pub(crate) mod refunds;
