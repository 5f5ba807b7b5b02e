//! Pact files, their ledger and the gate.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod diff;
mod diff_rules;
mod document;
mod gate;
mod golden;
mod matrix;
mod records;
mod repository;
mod samples;
mod settings;
mod source;
