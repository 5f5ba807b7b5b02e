//! The orders module: creates orders and owns their life until delivery.
//!
//! `domain` defines an order's states and transitions; `store` is the SQL; `changes` are the transitions, each a
//! part of a transaction; `creation` is the command that creates orders; `compensations` are the refunds and
//! releases of what is not needed any more; `follow_payments` handles the events of Payments; `service` implements
//! the contract; [`open`] wires them together.

mod changes;
mod compensations;
mod creation;
mod domain;
mod follow_payments;
mod given_up;
mod migrations;
mod module;
mod service;
mod store;

pub use module::{Dependencies, SETTINGS, open};

/// The module's name in events, errors, settings and the database's address.
const SOURCE: &str = "orders";

/// Points at which a test can have the module's process die, with the feature `fail-points` of `shared`.
pub const FAIL_POINTS: &[&str] = shared::fail_points![
    "orders.create_order.after_claim",
    "orders.create_order.after_effect",
    "orders.create_order.before_answer",
    "orders.event.before_commit",
    "orders.event.before_publish",
    "orders.payments.before_effect",
    "orders.payments.before_acknowledge",
];
