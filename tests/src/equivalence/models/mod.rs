//! What each contract of the platform promises, as a small state machine.

mod inventory;
pub(crate) mod log;
mod orders;
mod till;
mod values;

pub use inventory::InventoryModel;
pub use orders::OrdersModel;
pub(crate) use {orders::stock, till::Till};
