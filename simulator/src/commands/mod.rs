//! The commands of `seam`, one folder each.

pub(crate) mod doctor;
pub(crate) mod ledger;
pub(crate) mod mutate;
pub(crate) mod provide;
pub(crate) mod run;
pub(crate) mod up;
pub(crate) mod verify;
