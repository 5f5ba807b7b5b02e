//! The accept loop and the HTTP/1 connections of every server of the platform, with limits for clients that are slow,
//! silent, or too many.
//!
//! [`serve`] runs an axum router on a socket. It speaks HTTP/1.0 and 1.1 and nothing else.
//!
//! - A head that is not whole within [`Limits::head`], a body slower than [`Limits::body`] and [`Limits::body_rate`],
//!   and a connection silent for [`Limits::idle`] end the connection, without an answer. Time in which the server
//!   works on a whole request counts for nothing.
//! - At [`Limits::connections`], the connection that has been silent longest makes room for a new one, unless its
//!   request is being worked on. If all are, [`MARGIN`] more are accepted, for requests below `/health/`; others are
//!   refused as [`Refusal::Busy`].
//! - Bodies of requests that are being worked on hold at most [`Limits::body_bytes`] in all; a request beyond is
//!   refused as [`Refusal::Memory`], and has no effect.
//! - The rest of a body that is malformed or refused for its memory is read after the answer and thrown away, up to
//!   16 MiB and for [`Limits::head`], so that no reset overtakes the answer.
//! - Framing that RFC 9112 forbids and hyper lets pass is refused: [`Refusal::Host`], [`Refusal::TransferEncoding`].
//! - A client that closes its half after the request is answered.
//! - Failures to accept are reported once a second, and the loop goes on.
//! - A stop closes connections without a whole request at once, and each of the others after its answer.

mod accept;
mod body;
mod connection;
mod framing;
mod io;
mod limits;
mod places;
mod service;
mod watch;

pub use accept::{Hooks, Notice, serve};
pub use limits::{Limits, MARGIN};
pub use service::Refusal;
