//! Strength of pacts, and the operators that measure it.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod draw;
mod formats;
mod operators;
mod reports;
mod sockets;
mod support;
