//! The needs of each consumer of the platform towards its providers, recorded from the consumers' own code and
//! kept in `pacts/`.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

// The pattern macro calls its helper by its bare name.
#[macro_use(json_pattern, json_pattern_internal)]
extern crate pact_consumer;

mod charset;
mod consumers;
mod over_specification;
mod strength;
