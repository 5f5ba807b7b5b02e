//! Promises of the library, shown on two small contracts.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod carriers;
mod context;
mod contract;
mod deferred;
mod in_process;
mod meter;
mod original;
mod outcome;
mod redacted;
mod resilience;
mod samples;
mod server;
mod socket;
mod wire;
