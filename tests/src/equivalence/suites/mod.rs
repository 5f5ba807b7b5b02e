//! One suite per contract: its model, and its module as a subject on some ground, reached in some ways.

mod at_once;
pub mod cases;
mod extraction;
mod inventory;
mod notifications;
mod orders;
mod outside;
mod payments;
mod refunds;

use std::time::Duration;

use seam::equivalence::{Model, Rule, Suite};

pub use at_once::{
    CALLERS, WithoutLists, heard_of_inventory, heard_of_orders, inventory_at_once, one_order_at_once, orders_at_once,
};
pub use extraction::{
    inventory_in_and_out_of_the_monolith, notifications_in_and_out_of_the_monolith, orders_in_and_out_of_the_monolith,
    payments_in_and_out_of_the_monolith,
};
pub use inventory::inventory;
pub(crate) use inventory::suite as suite_of_inventory;
pub use notifications::notifications;
pub(crate) use orders::suite as suite_of_orders;
pub use orders::{open_orders, orders};
pub use payments::payments;
pub use refunds::{RefundsAtOnce, refunds_at_once};

/// A suite with what all of ours allow.
fn suite<M: Model>(name: &str, model: M) -> Suite<M> {
    clocks(name).into_iter().fold(Suite::new(name, model), Suite::rule)
}

/// Every subject reads its own clock, and tells the time in microseconds.
pub fn clocks(owner: &str) -> [Rule; 2] {
    let rule = |field| {
        let reason = "each subject reads its own clock";
        Rule::clock(field, Duration::from_micros(1), owner, reason)
    };
    ["created_at", "updated_at"].map(rule)
}
