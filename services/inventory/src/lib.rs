//! The inventory module: what there is, what it costs, and which order has it set aside.
//!
//! `domain` says where items can be and how they get there; `store` keeps them; `changes` are the moves, each part of a
//! transaction; `service` is the contract; `follow_orders` lets stock follow the orders' events; [`open`] puts it all together.

mod changes;
mod domain;
mod follow_orders;
mod migrations;
mod module;
mod service;
mod store;

pub use module::{Needs, open};

/// The module's name: in events, errors, settings and the database's address.
const SOURCE: &str = "inventory";
