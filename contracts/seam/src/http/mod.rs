//! Requests and replies with and without a socket: [`Socket`] for real ones, [`InProcess`] for the router itself.
//!
//! The [`Context`](crate::Context) of the caller travels in headers (see [`header`]): transports [`inject`] it,
//! servers [`extract`] it.

mod bearer;
mod exchange;
mod headers;
mod in_process;
mod redacted;
mod socket;
mod transport;

pub use bearer::{BearerToken, WeakToken};
pub use headers::{extract, header, inject};
pub use in_process::InProcess;
pub use redacted::redacted;
pub use socket::{MalformedBaseUrl, Socket, SocketLimits};
pub use transport::{AnswerWithin, Transport};
