//! The commands about pacts, as processes.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod asking;
mod comparing;
mod mistakes;
mod shop;
mod strength;
