//! The platform's modules as models and as subjects of the equivalence suites.

pub mod feeds;
pub mod models;
mod reach;
mod storage;
pub mod suites;

pub use reach::{Reach, Reqwest};
pub use storage::Storage;
pub(crate) use storage::folder;
