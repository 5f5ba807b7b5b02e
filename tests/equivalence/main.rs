//! Every implementation of a contract behaves as its model does.

#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod asking;
mod brokered;
mod catalogue;
mod concurrency;
mod contracts;
mod differences;
mod events;
mod giving_up;
mod idempotency;
mod slower;
mod versions;
mod wires;
