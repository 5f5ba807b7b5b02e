//! A server with short limits, and the clients that it has them for.

mod cap;
mod patience;
mod requests;
mod stop;
mod support;
