//! The outbox is the log: events commit with their state change, and subscribers read the log by position.
//!
//! [`append`] writes an event in the same `Database::write` as the change. [`LocalFeed`] shows the log to readers in process; the HTTP
//! binding of `EventFeed` shows it to others. A [`Subscription`] reads a feed and hands each event to a [`Handler`], whose effect commits together with
//! the note that it was done ([`Delivery::record`]): delivery is at least once, the effect happens once.

mod append;
mod attempt;
mod dead_letters;
mod delivery;
mod handler;
mod known;
mod lane;
mod local_feed;
mod pump;
mod rescan;
mod subscription;
mod window;

pub use append::append;
pub use dead_letters::{DeadLetter, DeadLetterState};
pub use delivery::Delivery;
pub use handler::{Handler, HandlerError};
pub use local_feed::LocalFeed;
pub use subscription::{Progress, Subscription, SubscriptionHandle};
