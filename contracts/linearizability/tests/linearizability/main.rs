//! The promises of the linearizability checker, over small models.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]
#![expect(clippy::print_stdout, reason = "a failing test shows its seed and what it had seen")]

mod answered;
mod crowd;
mod dice;
mod effort;
mod lanes;
mod minimizing;
mod models;
mod oracle;
mod partitions;
mod pending;
mod random;
mod recorder;
