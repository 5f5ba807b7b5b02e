//! The commands about pacts, as processes.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod asking;
mod comparing;
mod handovers;
mod interrupting;
mod launched;
mod mistakes;
mod operators;
#[path = "../../../contracts/ledger/tests/suite/repository.rs"]
mod repository;
mod results;
mod shop;
mod strength;
mod teardown;
