//! The payments module: charges orders and refunds them, through a payment provider, once each.
//!
//! The intent is committed before the provider is called, under keys derived from the payment. What the provider did not answer is
//! `Unknown` and is asked about until it is known; it is never sent again under another key. The books are double-entry rows
//! that never change.
//!
//! Two commits a payment: the intent, with the note that the order's event is done; the outcome, with its event and its rows in the ledger.

mod charging;
mod dispatch;
mod domain;
mod handler;
mod module;
pub mod provider;
mod refunding;
mod service;
mod store;
mod waiters;

pub use module::{Dependencies, SETTINGS, open, open_with};

/// The module's name: of its database, its log and its contract.
const SOURCE: &str = "payments";
