//! Faults on HTTP/1 requests and replies, as bytes on real sockets.

mod fixture;
mod passing;
mod replies;
mod requests;
