//! The inventory module: products with their prices and stock, and the reservations of orders.
//!
//! `domain` defines the legal moves of stock; `store` is the SQL; `changes` are the moves, each a part of a
//! transaction; `service` implements the contract; `follow_orders` handles the events of Orders; [`open`] wires
//! them together.

mod changes;
mod domain;
mod follow_orders;
mod handover;
mod migrations;
mod module;
mod service;
mod store;

pub use module::{Dependencies, SETTINGS, open};

/// The module's name in events, errors, settings and the database's address.
const SOURCE: &str = "inventory";

/// Points at which a test can have the module's process die, with the feature `fail-points` of `shared`.
pub const FAIL_POINTS: &[&str] = shared::fail_points![
    "inventory.orders.before_effect",
    "inventory.orders.before_acknowledge",
    "inventory.event.before_commit",
    "inventory.event.before_publish",
];
