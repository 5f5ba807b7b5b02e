//! Faults on HTTP/1 requests and replies, as bytes on real sockets.

mod fixture;
mod operations;
mod pages;
mod pages_unfit;
mod passing;
mod redelivered;
mod reordered;
mod replies;
mod requests;
mod violations;
