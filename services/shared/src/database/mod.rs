//! One writer per process with group commit, and a small pool of readers, over SQLite or PostgreSQL.

mod connect;
mod engine;
mod error;
mod handle;
mod migrate;
mod migration;
mod tx;
mod work;
mod writer;

pub use engine::Engine;
pub use error::DatabaseError;
pub use handle::{Database, Stats};
pub use migration::Migration;
pub use tx::Tx;
