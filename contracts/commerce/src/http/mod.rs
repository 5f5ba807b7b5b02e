//! HTTP bindings of the contracts, both ends of each in one place: a router over any implementation, and a client
//! that implements the contract over any transport. A client of a router behaves as the implementation behind the
//! router.

pub mod feed;
pub mod inventory;
pub mod notifications;
pub mod orders;
pub mod payments;

mod body;
mod client;
mod envelope;
mod failure;
mod fallback;
mod incoming;
mod key;
mod openapi;
mod operation;
mod path;
mod query;
mod reply;
mod retirement;
mod routes;

pub use envelope::{ApiResponse, ErrorBody};
pub use fallback::{fallback, internal, invalid, method_not_allowed, not_implemented, overloaded};
pub use openapi::{MODULES, openapi};
pub use operation::Operation;
