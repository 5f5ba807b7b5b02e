//! What each contract of the platform promises, as a small state machine.

mod inventory;
mod log;
mod values;

pub use inventory::InventoryModel;
