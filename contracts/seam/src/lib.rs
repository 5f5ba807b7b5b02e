//! A contract is a trait, and a call is a value.

pub use async_trait::async_trait;
pub use seam_macros::contract;

mod transport_failure;
pub use transport_failure::TransportFailure;
