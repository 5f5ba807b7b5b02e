//! A suite per contract: its model, and its module as a subject on some storage, reached in several ways.

mod at_once;
pub mod cases;
mod extraction;
mod inventory;
mod notifications;
mod orders;
mod outside;
mod payments;
mod refunds;
mod rules;
mod slower;

pub use at_once::{
    CALLERS, WithoutLists, heard_of_inventory, heard_of_notifications, heard_of_orders, heard_of_payments,
    inventory_at_once, notifications_at_once, one_order_at_once, orders_at_once, payments_at_once,
};
pub use extraction::{
    inventory_in_and_out_of_the_monolith, notifications_in_and_out_of_the_monolith, orders_in_and_out_of_the_monolith,
    payments_in_and_out_of_the_monolith,
};
pub(crate) use inventory::suite as suite_of_inventory;
pub use inventory::{inventory, open_inventory};
pub use notifications::{notifications, open_notifications};
pub(crate) use orders::suite as suite_of_orders;
pub use orders::{open_orders, orders};
pub use payments::{open_payments, payments};
pub use refunds::{RefundsAtOnce, refunds_at_once};
pub use slower::slower;
