//! `seam proxy`: Toxiproxy's API as its clients use it, each toxic measured by what it does, and the endpoints that
//! Toxiproxy lacks.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod api;
mod described;
mod faults;
mod fixture;
mod mistakes;
mod operations;
mod toxics;
