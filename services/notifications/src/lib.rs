//! The notifications module: tells customers what happens to their orders, by mail and push.
//!
//! The event in another module's log is the intent to tell; here the messages go out first, and then one write says that they did. SMTP
//! is at least once by nature: a crash in between sends the mail again under the same Message-ID, which derives from the event,
//! and a mailbox with duplicate suppression (RFC 7352) keeps one. Push messages carry the same id as their idempotency key.
//!
//! Contact data stays in this module's database: no event, reply or log line of it names an address.

mod amount;
mod courier;
mod domain;
mod follow;
mod mailer;
mod migrations;
mod module;
mod pusher;
mod sending;
mod service;
mod store;

pub use module::{Dependencies, open};

/// The module's name: of its database, its log and its contract.
const SOURCE: &str = "notifications";
