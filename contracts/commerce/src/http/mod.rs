//! The contracts over HTTP, both ends of each in one place: a router over any implementation, and a client that is an
//! implementation, over any transport. A client of a router is the same as what the router serves.

pub mod feed;
pub mod inventory;
pub mod notifications;
pub mod orders;
pub mod payments;

mod answer;
mod body;
mod caller;
mod envelope;
mod failure;
mod fallback;
mod incoming;
mod key;
mod openapi;
mod operation;
mod path;
mod query;
mod retirement;
mod routes;

pub use envelope::{ApiResponse, ErrorBody};
pub use fallback::{fallback, internal, method_not_allowed};
pub use openapi::openapi;
