//! Steps: requests from templates, sent patiently, judged, and their values kept for later steps.
//!
//! Scenarios and providers are made of them. A step sees neither clocks nor sockets, only a [`World`].

mod asker;
mod step;
mod take;
pub(crate) mod template;
mod world;

pub use asker::Requests;
pub(crate) use asker::{Asker, Wanted};
pub use step::{Method, OneOrMany, Repeat, RepeatedAnswer, Step, Until};
pub(crate) use take::{all_accept, request_of, take_step, unset_reason};
pub(crate) use template::{Unset, Variables, render, render_path};
pub use world::{NoAnswer, Request, Response, World};
