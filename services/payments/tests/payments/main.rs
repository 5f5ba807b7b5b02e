//! The payments module on a real database, at the real provider of the outside world.

mod charging;
mod events;
mod handover;
mod hanging;
mod letting_go;
mod refunds;
mod support;
mod switching;
