//! The notifications module: tells customers what happens to their orders, by mail and push.
//!
//! The event in another module's log is the intent to notify. The messages are sent first, then one write records
//! that they were. SMTP delivers at least once: a crash in between sends the mail again under the same Message-ID,
//! which derives from the event, and a mailbox with duplicate suppression (RFC 7352) keeps one. Push messages carry
//! the same id as their idempotency key.
//!
//! Contact data stays in this module's database: no event, reply or log line of it contains an address.
//!
//! `domain` composes the messages; `store` is the SQL; `dispatcher` sends them with `mailer` and `pusher`;
//! `sending` is the command; `follow_orders` and `follow_payments` handle events with `notifier`; `service`
//! implements the contract; [`open`] wires them together.

mod amount;
mod channel;
mod dispatcher;
mod domain;
mod follow_orders;
mod follow_payments;
mod handover;
mod mailer;
mod migrations;
mod module;
mod notifier;
mod pusher;
mod sending;
mod service;
mod store;

pub use module::{Dependencies, SETTINGS, open};

/// The module's name in events, errors, settings and the database's address.
const SOURCE: &str = "notifications";

/// Points at which a test can have the module's process die, with the feature `fail-points` of `shared`.
pub const FAIL_POINTS: &[&str] = shared::fail_points![
    "notifications.orders.before_effect",
    "notifications.orders.before_acknowledge",
    "notifications.payments.before_effect",
    "notifications.payments.before_acknowledge",
    "notifications.delivery.after_effect",
    "notifications.event.before_commit",
    "notifications.event.before_publish",
];
