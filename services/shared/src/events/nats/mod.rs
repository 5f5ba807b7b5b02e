//! Event logs over a broker, NATS JetStream: a stream is a copy of a module's log, which stays the truth.
//!
//! - A [`Relay`] publishes the log to its stream in order. Where it goes on is what the stream has, so a stream that
//!   lost its end, or all, is filled again.
//! - A [`NatsFeed`] reads a stream by position, as every `EventFeed`. Each message names its log, its position and
//!   the position before it, so a reader notices whatever a stream lacks.
//! - [`Broker`] is the connection, and the names of streams and subjects.

mod broker;
mod feed;
mod message;
mod relay;
mod session;
mod stream;

pub use broker::Broker;
pub use feed::NatsFeed;
pub use relay::Relay;
