//! Infrastructure of every service: database, event log, idempotency, calls to other modules, background work,
//! settings, health, logs, server.
//!
//! A module is opened with an [`Environment`], which gives a [`Module`]; a [`Program`] opens one or several modules
//! and serves them.
//!
//! - [`Database`] writes with group commit; all durable changes go through [`Database::write`]. [`row`] reads
//!   columns, [`Listing`] reads pages of rows.
//! - [`events`] has the outbox, the log, and the subscriptions that read other modules' logs.
//! - [`idempotency`] makes sure that a repeated command has one effect.
//! - [`Neighbour`] carries the calls of a module to another one; [`Environment::link`] protects those to another
//!   process with retries, a bulkhead and a circuit breaker.
//! - [`Worker`] is a background loop that can be woken; [`Tasks`] keeps track of all background tasks of the process.
//! - [`handover`] carries a module's rows to another database while both are in use.
//! - [`GivingUp`] is work that a module has given up and a person decides on.
//! - `fail_point!` names points at which a test has the process die, with the feature `fail-points` only.
//! - [`settings`], [`Health`], [`telemetry`] and [`server`] are the operator's side.

mod ambient;
mod backoff;
mod database;
mod duty;
mod environment;
pub mod events;
#[cfg(feature = "fail-points")]
pub mod fail_points;
mod given_up;
pub mod handover;
mod health;
pub mod idempotency;
mod links;
mod module;
mod neighbour;
mod program;
pub mod server;
pub mod settings;
mod start_error;
mod tasks;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod worker;

pub use backoff::Backoff;
pub use database::{Database, DatabaseError, Engine, Listing, Migration, Stats, Tx, row};
pub use duty::{Acting, DutyKeeper};
pub use environment::Environment;
pub use given_up::{GivenUp, GivingUp, WorkOutcome};
pub use health::{CheckReport, Health, Report};
pub use links::{Circuit, LINK_SETTINGS, LinkStats};
pub use module::{Module, Mounted};
pub use neighbour::{Neighbour, passed_on};
pub use program::Program;
pub use settings::{Settings, SettingsError};
pub use start_error::StartError;
pub use tasks::Tasks;
pub use worker::{Next, Round, Worker};

/// Names a point at which a test can have the process die: see `fail_points`. The name is written as for `format!`.
/// Without the feature `fail-points` nothing of it is compiled.
#[cfg(feature = "fail-points")]
#[macro_export]
macro_rules! fail_point {
    ($($name:tt)*) => { $crate::fail_points::pass(&format!($($name)*)) };
}

/// Names a point at which a test can have the process die, with the feature `fail-points`. Without it, as here, nothing
/// of it is compiled.
#[cfg(not(feature = "fail-points"))]
#[macro_export]
macro_rules! fail_point {
    ($($name:tt)*) => {};
}

/// Lists the points that a module has (`fail_point!`), for `--fail-points`.
#[cfg(feature = "fail-points")]
#[macro_export]
macro_rules! fail_points {
    ($($name:literal),* $(,)?) => { &[$($name),*] };
}

/// Lists the points that a module has (`fail_point!`): none without the feature `fail-points`.
#[cfg(not(feature = "fail-points"))]
#[macro_export]
macro_rules! fail_points {
    ($($name:literal),* $(,)?) => {
        &[]
    };
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}
