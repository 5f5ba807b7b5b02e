//! The payments module: charges orders and refunds them through a payment provider, once each.
//!
//! The intent is committed before the provider is called, under keys derived from the payment. An operation without
//! an answer is `Unknown`: the provider is asked for it until its outcome is known, and it is never sent under
//! another key. The ledger is double-entry rows that never change.
//!
//! A payment costs three commits: the intent, with the record that the order's event is handled; the authorisation,
//! before it is captured, since another process on the same database may be at the payment too; the outcome, with
//! its event and its rows in the ledger.
//!
//! `domain` defines states and ledger entries; `store` is the SQL; `provider` is the payment provider; `work` is a
//! piece of work there, which `dispatch` starts, `pace` holds back, and `charging`, `refunding` and `letting_go` do;
//! `waiters` are commands that wait for it; `given_up` is what a person has to decide on; `follow_orders` handles the
//! events of Orders; `service` implements the contract; [`open`] wires them together.

mod charging;
mod dispatch;
mod domain;
mod follow_orders;
mod given_up;
mod handover;
mod letting_go;
mod migrations;
mod module;
mod pace;
pub mod provider;
mod refunding;
mod service;
mod store;
mod waiters;
mod work;

pub use module::{Dependencies, SETTINGS, open, open_with};

/// The module's name in events, errors, settings and the database's address.
const SOURCE: &str = "payments";

/// Points at which a test can have the module's process die, with the feature `fail-points` of `shared`.
pub const FAIL_POINTS: &[&str] = shared::fail_points![
    "payments.orders.before_effect",
    "payments.orders.before_acknowledge",
    "payments.charge.after_authorization",
    "payments.charge.after_capture",
    "payments.refund.after_effect",
    "payments.event.before_commit",
    "payments.event.before_publish",
];
