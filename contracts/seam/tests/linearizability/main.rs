//! What the linearizability checker promises, over small models.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]
#![expect(clippy::print_stdout, reason = "a failing test shows its seed and what it had seen")]

mod answered;
mod by_key;
mod effort;
mod lanes;
mod models;
mod oracle;
mod random;
mod recorder;
mod smallest;
mod unanswered;
