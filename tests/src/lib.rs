//! Shared parts of the suites: binaries of the workspace, a topology kept up by `seam`, a PostgreSQL, a broker, models
//! and seeded bugs.

mod binary;
pub mod equivalence;
mod nats;
mod platform;
mod postgres;
mod provided;
pub mod seeded_bugs;

pub use binary::{assert_passed, binary, monolith_with, seam, with_fail_points};
pub use nats::Nats;
pub use platform::Platform;
pub use postgres::Postgres;
pub use provided::{Addresses, Provided};
