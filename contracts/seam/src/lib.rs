//! A contract is a trait, and a call is a value.
//!
//! [`macro@contract`] on an async trait makes an enum of its calls and one of its replies. From then on a
//! service can be wrapped, recorded, compared or put behind a wire by code that is written once and knows no
//! trait: [`Carrier`] takes a call somewhere and brings the reply back, and [`Via`] makes a carrier into the
//! trait again. `Arc<dyn Payments>` in, `Arc<dyn Payments>` out; no call site is touched.
//!
//! ```
//! use seam::{BoxFuture, Carrier, Contract, TransportFailure};
//! use std::sync::{Arc, atomic::{AtomicU32, Ordering::Relaxed}};
//!
//! #[seam::contract(name = "stock")]
//! pub trait Stock: Send + Sync {
//!     #[read(key = sku)]
//!     async fn count(&self, sku: String) -> Result<u32, NoAnswer>;
//! }
//!
//! #[seam::contract(name = "prices")]
//! pub trait Prices: Send + Sync {
//!     #[write(key = sku)]
//!     async fn set(&self, sku: String, cents: i64) -> Result<i64, NoAnswer>;
//! }
//!
//! // What both fail with. It can say "no answer came", as the error of every method of a contract must.
//! #[derive(Clone, Debug, PartialEq, serde::Serialize, serde::Deserialize, thiserror::Error)]
//! #[error(transparent)]
//! pub struct NoAnswer(#[from] TransportFailure);
//!
//! impl seam::ContractError for NoAnswer {
//!     fn transport(&self) -> Option<&TransportFailure> { Some(&self.0) }
//! }
//!
//! struct Shop;
//!
//! #[seam::async_trait]
//! impl Stock for Shop {
//!     async fn count(&self, _sku: String) -> Result<u32, NoAnswer> { Ok(3) }
//! }
//!
//! #[seam::async_trait]
//! impl Prices for Shop {
//!     async fn set(&self, _sku: String, cents: i64) -> Result<i64, NoAnswer> { Ok(cents) }
//! }
//!
//! // A wrapper, written once: it counts the calls of any service.
//! struct Counting<C: Contract + ?Sized>(Arc<C>, Arc<AtomicU32>);
//!
//! impl<C: Contract + ?Sized> Carrier<C> for Counting<C> {
//!     fn carry(&self, call: C::Call) -> BoxFuture<'_, C::Reply> {
//!         self.1.fetch_add(1, Relaxed);
//!         self.0.dispatch(call)
//!     }
//! }
//!
//! fn counting<C: Contract + ?Sized>(service: Arc<C>, calls: &Arc<AtomicU32>) -> Arc<C> {
//!     C::via(Arc::new(Counting(service, Arc::clone(calls))))
//! }
//!
//! # tokio::runtime::Builder::new_current_thread().build().unwrap().block_on(async {
//! let calls = Arc::new(AtomicU32::new(0));
//! let stock = counting::<dyn Stock>(Arc::new(Shop), &calls);
//! let prices = counting::<dyn Prices>(Arc::new(Shop), &calls);
//!
//! assert_eq!(stock.count("tea".into()).await, Ok(3));
//! assert_eq!(prices.set("tea".into(), 450).await, Ok(450));
//! assert_eq!(calls.load(Relaxed), 2);
//! # });
//! ```
//!
//! Where to look:
//! - a contract and its calls: [`macro@contract`], [`Contract`], [`ContractError`];
//! - ways to carry a call: [`Direct`], [`Wire`], [`Deferred`], and your own [`Carrier`];
//! - protection from a service that is slow or away: [`Retry`], [`Bulkhead`], [`Breaker`];
//! - figures of the calls that cross a seam, before it is cut: [`meter`];
//! - what came of it: [`Outcome`], [`observe`], [`TransportFailure`];
//! - what travels beside the arguments: [`Context`], [`Trace`], [`original`];
//! - clocks and randomness, which a test or a simulation replaces: [`time`], [`chance`];
//! - rules for what may differ between two implementations: [`compare`];
//! - a dark launch, from the first shadow call to the last step: `launch`, with the feature `launch`;
//! - the data of a module, carried to another database while both are in use: `handover`, with the feature `launch`;
//! - requests with and without a socket: [`http`];
//! - proof that implementations agree: `equivalence`, with the feature `testing`.

// `#[contract]` writes `::seam`, here too.
extern crate self as seam;

mod carrier;
pub mod chance;
pub mod compare;
mod context;
mod contract;
mod deferred;
mod direct;
#[cfg(feature = "testing")]
pub mod equivalence;
#[cfg(feature = "launch")]
pub mod handover;
mod histogram;
#[cfg(feature = "http")]
pub mod http;
#[cfg(feature = "launch")]
pub mod launch;
pub mod meter;
pub mod original;
mod outcome;
#[doc(hidden)]
pub mod private;
mod resilience;
pub mod time;
mod trace;
mod transport_failure;
mod wire;

pub use async_trait::async_trait;
pub use carrier::{Carrier, Via};
pub use context::Context;
pub use contract::{Contract, ContractError, Method, MethodKind};
pub use deferred::{Deferred, Slot};
pub use direct::Direct;
pub use futures::future::BoxFuture;
pub use histogram::Histogram;
pub use outcome::{Outcome, Panic, caught, observe};
pub use resilience::{
    Breaker, BreakerPolicy, BreakerStats, Bulkhead, BulkheadStats, CircuitState, Retry, RetryBudget, RetryPolicy,
    RetryStats,
};
pub use trace::{MalformedTraceparent, Trace};
pub use transport_failure::TransportFailure;
pub use wire::Wire;

/// Makes a trait a contract: its calls become values.
///
/// For a trait `Orders` it makes, beside the trait and as visible as it:
/// - `OrdersCall`, an enum with a variant for each method (`GetOrder` for `get_order`) and its arguments as fields;
/// - `OrdersReply`, an enum with a variant for each method, which holds what the method returned;
/// - [`Contract`] for `dyn Orders`, and `Orders` for [`Via`] over every [`Carrier`] of `dyn Orders`.
///
/// Both enums are `Clone`, `Debug`, `PartialEq` and serde's `Serialize` and `Deserialize`; in JSON a call is
/// `{"get_order": {"order_id": ...}}`, a reply `{"get_order": {"Ok": ...}}`. The trait itself becomes an
/// [`async_trait`](macro@async_trait): write `#[seam::async_trait]` on its implementations. Without it, rustc says
/// E0195, "lifetime parameters or bounds on method ... do not match the trait declaration".
///
/// # What the trait looks like
///
/// `name` is what the contract is called in calls, logs and reports: a-z, then a-z, 0-9, `-` and `_`. The trait is
/// `Send + Sync` and not generic. Each method
/// - says what it does: `#[read]` changes nothing, `#[write]` may; nothing is ever repeated or shadowed by a guess;
/// - names its key, if it has one: the argument, or the field of one, that says what the call is about. The key
///   has a text (`Display`), and calls with the same key are about the same thing;
/// - says whether its key makes a write safe to send again: `#[write(key = order.id, idempotent)]` promises that the
///   same call has no further effect, so [`Retry`] may repeat it;
/// - is `async`, takes `&self` and arguments by value, and returns a `Result` whose error is a [`ContractError`];
/// - has arguments and answers that are `Clone`, `Debug`, `PartialEq`, `Serialize` and `Deserialize`.
///
/// Anything else does not compile, and the message says what to write.
///
/// ```
/// # use serde::{Deserialize, Serialize};
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
/// # pub struct Order { pub id: u64 }
/// # #[derive(Clone, Debug, PartialEq, Serialize, Deserialize, thiserror::Error)]
/// # #[error(transparent)]
/// # pub struct OrderError(#[from] seam::TransportFailure);
/// # impl seam::ContractError for OrderError {
/// #     fn transport(&self) -> Option<&seam::TransportFailure> { Some(&self.0) }
/// # }
/// use seam::Contract;
///
/// #[seam::contract(name = "orders")]
/// pub trait Orders: Send + Sync {
///     #[write(key = order.id)]
///     async fn create_order(&self, order: Order) -> Result<Order, OrderError>;
///
///     #[read(key = order_id)]
///     async fn get_order(&self, order_id: u64) -> Result<Order, OrderError>;
///
///     #[read]
///     async fn count_orders(&self) -> Result<u64, OrderError>;
/// }
///
/// let call = OrdersCall::GetOrder { order_id: 7 };
/// assert_eq!(<dyn Orders>::key(&call).as_deref(), Some("7"));
/// assert_eq!(<dyn Orders>::method(&call).kind, seam::MethodKind::Read);
/// assert_eq!(serde_json::to_string(&call)?, r#"{"get_order":{"order_id":7}}"#);
/// # Ok::<(), serde_json::Error>(())
/// ```
pub use seam_macros::contract;
