//! Pact files, their ledger and the gate.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod document;
