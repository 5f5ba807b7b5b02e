//! The how of every service: database, event log, idempotency, background work, settings, health, logs, server.
//!
//! A module is opened with an [`Environment`] and gives a [`Module`]; a [`Program`] opens one or several and serves them:
//!
//! - [`Database`] writes with group commit; everything durable goes through [`Database::write`].
//! - [`row`] reads columns, [`Listing`] pages of rows.
//! - [`events`] is the outbox, the log, and the subscriptions that read other modules' logs.
//! - [`idempotency`] makes a command that is repeated one command.
//! - [`Neighbour`] is how a module calls another one.
//! - [`Worker`] is a background loop that is woken, [`Tasks`] are what the process waits for when it stops.
//! - [`settings`], [`Health`], [`telemetry`] and [`server`] are what an operator sees.

mod backoff;
mod database;
mod environment;
pub mod events;
mod health;
pub mod idempotency;
mod module;
mod neighbour;
mod page;
mod program;
mod retention;
pub mod row;
mod schema;
pub mod server;
pub mod settings;
mod start_error;
mod tasks;
pub mod telemetry;
#[cfg(feature = "testing")]
pub mod testing;
mod worker;

pub use backoff::Backoff;
pub use database::{Database, DatabaseError, Engine, Migration, Stats, Tx};
pub use environment::Environment;
pub use health::{CheckReport, Health, Report};
pub use module::{Module, Mounted};
pub use neighbour::Neighbour;
pub use page::Listing;
pub use program::Program;
pub use settings::{Settings, SettingsError};
pub use start_error::StartError;
pub use tasks::Tasks;
pub use worker::{Next, Round, Worker};

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|byte| format!("{byte:02x}")).collect()
}

fn panic_message(payload: &(dyn std::any::Any + Send)) -> String {
    let text = payload.downcast_ref::<&str>().map(|text| (*text).to_owned());
    text.or_else(|| payload.downcast_ref::<String>().cloned())
        .unwrap_or_else(|| "no message".to_owned())
}
