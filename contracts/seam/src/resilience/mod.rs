//! Carriers that protect a caller from a service that is slow or away, and that service from its callers.
//!
//! Put one of each round every link between processes, in this order from the caller to the link:
//! [`Retry`] over [`Bulkhead`] over [`Breaker`]. Then a call in backoff holds no permit, the breaker counts attempts,
//! and a call that the bulkhead refuses says nothing about the service behind the breaker.

mod breaker;
mod budget;
mod bulkhead;
mod circuit;
mod retry;

pub use breaker::{Breaker, BreakerStats};
pub use budget::RetryBudget;
pub use bulkhead::{Bulkhead, BulkheadStats};
pub use circuit::{BreakerPolicy, CircuitState};
pub use retry::{Retry, RetryPolicy, RetryStats};
