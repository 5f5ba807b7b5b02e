//! Tests of the contracts' promises from outside, in one binary, because linking takes longer than running.

#![expect(clippy::unwrap_used, reason = "a test that can't go on has failed")]

mod calls;
mod crossing;
mod described;
mod document;
mod errors;
mod events;
mod feed;
mod golden;
mod headers;
mod money;
mod patterns;
mod recorded;
mod refusals;
mod replays;
mod requests;
mod rules;
mod samples;
mod schema;
mod sockets;
mod strategies;
mod timestamps;
mod transitions;
