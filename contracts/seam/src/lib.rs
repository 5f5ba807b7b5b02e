//! A contract is a trait, and a call is a value.

mod carrier;
mod context;
mod contract;
mod deferred;
mod direct;
#[cfg(feature = "http")]
pub mod http;
mod outcome;
#[doc(hidden)]
pub mod private;
pub mod replay;
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
pub use outcome::{Outcome, Panic, caught, observe};
pub use seam_macros::contract;
pub use trace::{MalformedTraceparent, Trace};
pub use transport_failure::TransportFailure;
pub use wire::Wire;
