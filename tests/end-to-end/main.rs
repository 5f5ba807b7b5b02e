//! The platform as its users run it, through the `seam` command: real processes, real sockets, their own databases.

mod containers;
mod extraction;
mod fail_points;
mod input;
mod lamps;
mod launch;
mod rehearsal;
mod scenarios;
mod score;
mod service;
mod verification;
