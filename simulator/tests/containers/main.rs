//! The backend `containers`, with programs that are none of ours, on a real Docker engine. These tests are ignored
//! without one, but for those of mistakes.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod faults;
mod left_behind;
mod life;
mod mistakes;
mod shop;
