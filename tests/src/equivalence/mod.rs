//! The platform's modules as models and as subjects of the equivalence suites.

pub mod feeds;
mod ground;
pub mod models;
mod reach;
pub mod suites;

pub use ground::Ground;
pub use reach::{Reach, Reqwest};
