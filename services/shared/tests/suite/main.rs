//! Claims about the database, events, idempotency, commands, neighbours, background work, settings, logs and the
//! server, on real SQLite files and real sockets.
#![expect(clippy::unwrap_used, reason = "a test that can't go on fails")]

mod ambient;
mod command;
mod condition;
mod database;
mod dead_letters;
mod document;
mod feeds;
mod followed;
mod handed_over;
mod handover;
mod idempotency;
mod links;
mod log;
mod meters;
mod neighbour;
mod processes;
mod recorder;
mod server;
mod settings;
mod shedding;
mod subscription;
mod support;
mod telemetry;
mod worker;
mod writes;
