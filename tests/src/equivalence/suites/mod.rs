//! One suite per contract: its model, and its module as a subject on some ground, reached in some ways.

mod extraction;
mod inventory;
mod orders;

use seam::equivalence::{Model, Rule, Suite};

pub use extraction::inventory_in_and_out_of_the_monolith;
pub use inventory::inventory;
pub use orders::{open_orders, orders};

/// A suite with what all of ours allow.
fn suite<M: Model>(name: &str, model: M) -> Suite<M> {
    let clock = |field| Rule::renamed(field, name, "each subject reads its own clock");
    Suite::new(name, model)
        .rule(clock("created_at"))
        .rule(clock("updated_at"))
}
