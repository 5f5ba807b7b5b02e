//! All modules in one process, calls and events in process; each module can be a service of its own instead.
//!
//! A module's URL in the settings (such as `ORDERS_URL`) decides. If it is set, the module is reached there and
//! nothing of it runs here; its routes are passed on to it, so that the API stays complete. `platform` is the one
//! file that lists the modules: [`Platform::assemble`] wires them to each other, and [`open`] hands them to a
//! server.

mod endpoint;
mod launches;
mod linked;
mod platform;

pub use endpoint::Endpoint;
pub use platform::{FAIL_POINTS, Platform, open, settings};
