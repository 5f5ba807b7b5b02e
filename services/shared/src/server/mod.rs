//! HTTP server around the modules' routers.
//!
//! In addition to the routes of the modules it serves `/health/live`, `/health/ready`, `/stats`, `/openapi.json`,
//! the dead letters of their subscriptions at `/v2/dead-letters`, and the work that they have given up at
//! `/v2/given-up`; with `ADMIN_TOKEN`, for operators, the handover of rows at `/admin/handover`. `/openapi.json` lists
//! exactly what the process serves: these routes, and those of its modules.
//!
//! Each request runs in a task of its own, within its `seam::Context`: a client that hangs up does not interrupt a
//! write, and a panic is a 500 for that request alone. An unknown path or method is answered in the envelope too.
//!
//! A process works on `REQUESTS` requests at once. One more is refused before its body is read (503
//! `SERVICE_UNAVAILABLE`, with `Retry-After`): nothing of it was done. Health, statistics and `/admin/` are
//! always answered.
//!
//! Connections are those of the crate `listener`: HTTP/1 alone, with the limits that the settings give.

mod dead_letters;
mod described;
mod given_up;
mod handover;
mod limits;
mod operations;
mod request;
mod requests;
mod serve;

pub use limits::limits;
pub(crate) use requests::Requests;
pub use serve::{Server, bind, router, run};
