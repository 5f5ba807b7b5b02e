//! All modules in one process, calls and events in process; each module can be a service of its own instead.
//!
//! `ORDERS_URL`, `PAYMENTS_URL`, `INVENTORY_URL` and `NOTIFICATIONS_URL` decide: where one is set, that module is reached there and nothing of it runs
//! here; its routes are passed on, so that the API stays whole. [`Platform::assemble`] ties the modules together, [`open`] hands them to a server.

mod open;
mod platform;
mod seat;

pub use open::{SETTINGS, open};
pub use platform::Platform;
pub use seat::Seat;
