//! The commands of `seam`, one folder each, over what they share: [`arguments`] of the command line, a [`session`] in
//! which a topology is up, and [`output`].

mod arguments;
pub(crate) mod check;
pub(crate) mod clean;
pub(crate) mod doctor;
pub(crate) mod explore;
pub(crate) mod handover;
pub(crate) mod init;
pub(crate) mod launch;
pub(crate) mod ledger;
pub(crate) mod live;
pub(crate) mod mutate;
pub(crate) mod output;
pub(crate) mod provide;
pub(crate) mod proxy;
pub(crate) mod reconcile;
pub(crate) mod rehearse;
pub(crate) mod run;
pub(crate) mod schema;
pub(crate) mod score;
mod session;
pub(crate) mod up;
pub(crate) mod verify;
