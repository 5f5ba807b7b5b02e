//! Implementations that differ from their model are found, and what was found is told so that it can be acted on.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod chance;
mod clocks;
mod finding;
mod hidden;
mod leaning;
mod notes;
mod refusing;
mod replaying;
mod rules;
mod rushing;
mod shrinking;
