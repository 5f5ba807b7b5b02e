//! The HTTP server around the modules' routers.
//!
//! Beside their routes it serves `/health/live` and `/health/ready`, `/stats`, `/openapi.json`, and the dead letters of their subscriptions at
//! `/v2/dead-letters`. Each request runs in its own task, within its `seam::Context`: a client that hangs up does not cut a write in the
//! middle, and a panic is a 500 for that request alone. Whatever else is wrong (path, method) is answered in the envelope too.

mod dead_letters;
mod operations;
mod request;
mod serve;

pub use serve::{Server, bind, router, run};
