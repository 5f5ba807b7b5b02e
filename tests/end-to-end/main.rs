//! The platform as its users run it, through the `seam` command: real processes, real sockets, their own databases.

mod containers;
mod extraction;
mod fail_points;
mod input;
mod launch;
mod scenarios;
mod service;
mod verification;
