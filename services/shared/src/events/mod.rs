//! Event log and subscriptions. The outbox is the log: events commit with their state change, and subscribers read
//! the log by position.
//!
//! - [`append`] writes an event in the same `Database::write` as the change.
//! - [`LocalFeed`] shows the log to readers in this process, the HTTP binding of `EventFeed` to others.
//! - [`nats`] carries the log over a broker: a relay publishes it, and a feed reads it there.
//! - A [`Subscription`] reads a feed and hands each event to a [`Handler`]. The handler's effect commits together
//!   with the note that the event is done ([`Delivery::record`]): delivery is at least once, the effect happens
//!   once.
//!
//! Inside a subscription, the `pump` is the loop: a `reader` reads ahead, `lanes` keep the events of each aggregate
//! in order, a `processor` hands one event to the handler or makes it a dead letter, and the `watermark` is the
//! position up to which everything is done.

mod append;
mod dead_letters;
mod delivery;
mod handler;
mod lane;
mod lanes;
mod local_feed;
pub mod nats;
mod processor;
mod pump;
mod reader;
mod rescan;
mod status;
mod subscription;
mod versions;
mod watermark;

pub use append::append;
pub use dead_letters::{DeadLetter, DeadLetterState};
pub use delivery::Delivery;
pub use handler::{Handler, HandlerError};
pub use local_feed::LocalFeed;
pub use subscription::{Progress, Subscription, SubscriptionHandle};
