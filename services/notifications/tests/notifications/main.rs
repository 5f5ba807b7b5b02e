//! The notifications module on a real database, with the mail and push sinks of the outside world.

mod commands;
mod events;
mod handover;
mod support;
