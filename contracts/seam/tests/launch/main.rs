//! Dark launches of a small contract, most of them in virtual time.

#![expect(clippy::unwrap_used, reason = "helpers of tests fail their test")]

mod admin;
mod claims;
mod comparing;
mod flags;
mod gate;
mod hurting;
mod isolation;
mod journal;
mod machine;
mod observing;
mod repairing;
mod restarting;
mod samples;
mod settings;
mod source;
mod threads;
mod unshown;
mod writes;
