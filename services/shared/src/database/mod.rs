//! The database of a module, on SQLite or PostgreSQL: one writer per process with group commit, and a small pool of
//! readers.

mod condition;
mod connect;
mod engine;
mod error;
mod file;
mod handle;
mod listing;
mod migrate;
mod migration;
pub mod row;
mod schema;
mod state;
mod tx;
mod work;
mod writer;

pub(crate) use condition::Inspection;
pub use engine::Engine;
pub use error::DatabaseError;
pub use handle::{Database, Stats};
pub use listing::Listing;
pub use migration::Migration;
pub use tx::Tx;
