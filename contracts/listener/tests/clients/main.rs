//! A server with short limits, and the clients that it has them for.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod cap;
mod patience;
mod requests;
mod stop;
mod support;
