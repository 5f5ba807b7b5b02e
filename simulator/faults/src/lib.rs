//! The proxy that owns the stable address of every link.
//!
//! A [`Proxy`] listens on an address of its own and forwards every connection to an [`Upstream`], which may appear, move and
//! disappear while the proxy stays. It knows bytes, the beginnings of HTTP requests, and time; it knows no service.
//! Several proxies may share one upstream: each caller of a node then has a path of its own.
//!
//! Nothing is changed on the way: bytes pass in order, a half-closed connection stays half open, a reset arrives as a reset. A
//! connection that can't be forwarded, because the upstream is away or refuses, is reset.

mod counters;
mod forward;
mod proxy;
mod upstream;

pub use counters::Counts;
pub use proxy::Proxy;
pub use upstream::Upstream;
