//! Proxy that owns the stable address of every link.
//!
//! A [`Proxy`] listens on an address of its own and forwards every connection to an [`Upstream`], which may appear,
//! move and disappear while the proxy stays. The proxy knows bytes, the beginnings of HTTP requests, and time, but
//! no service. Several proxies may share one upstream: each caller of a node then has a path of its own.
//!
//! Forwarding changes nothing: bytes stay in order, a half-closed connection stays half open, and a reset arrives
//! as a reset. A connection that can't be forwarded, because the upstream is absent or refuses, is reset.

mod counters;
mod forward;
mod proxy;
mod upstream;

pub use counters::Counts;
pub use proxy::Proxy;
pub use upstream::Upstream;
