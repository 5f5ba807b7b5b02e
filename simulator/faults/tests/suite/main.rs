//! Tests of faults: their model, their record, and each effect on real sockets, on new and on open connections.

#![expect(clippy::unwrap_used, reason = "a fixture that breaks fails its test")]

mod chained;
mod connections;
mod fixture;
mod http;
mod laying;
mod lossless;
mod model;
mod record;
mod streams;
