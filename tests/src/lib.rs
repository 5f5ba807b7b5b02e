//! What the suites share: the `seam` binary, and a PostgreSQL of their own.

mod binary;
mod postgres;

pub use binary::seam;
pub use postgres::Postgres;
