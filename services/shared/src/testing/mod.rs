//! Helpers for the tests of several modules: environments on SQLite files, an event log in memory, ports, and
//! waiting for a condition.
//!
//! Only with the feature `testing`. All of them panic where a test can't go on.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod log;
mod ports;
mod running;
mod until;

pub use log::Log;
pub use ports::Port;
pub use running::{commits, environment, events, not_handed_over, stop};
pub use until::until;
