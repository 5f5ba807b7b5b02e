//! The orders module: takes orders and owns their life from creation to delivery.
//!
//! `domain` says what may happen to an order; `store` keeps it; `changes` are its steps, each part of a transaction. `creation`
//! makes orders; `debts` are the refunds and releases that are owed; `follow_payments` lets orders follow their payments; `service` is
//! the contract and [`open`] puts it all together.

mod ask;
mod changes;
mod creation;
mod debts;
mod domain;
mod follow_payments;
mod migrations;
mod module;
mod service;
mod store;

pub use module::{Needs, open};

/// The module's name: in events, errors, settings and the database's address.
const SOURCE: &str = "orders";
