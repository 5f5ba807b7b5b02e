//! Steps: requests from templates, sent patiently, judged, and their values kept for later steps.
//!
//! Journeys of scenarios and states of providers are made of steps. A step sees neither clocks nor sockets, only a
//! [`World`].

mod buckets;
mod client;
mod errand;
mod fault;
mod recorder;
mod replays;
mod samples;
mod step;
mod take;
mod template;
mod window;
mod world;

pub use client::Requests;
pub(crate) use client::{Client, Expectation};
pub use errand::{Errand, LogPart, Matches};
pub use fault::{FailPoint, Fault, FaultKind, LinkCounts, LinkFault, LinkTraffic, Met, NotLaid, Support, Target};
pub(crate) use recorder::Origin;
pub use samples::{OverTime, Part, Purpose, RequestFigures, Sample, Samples, StepSamples};
pub(crate) use step::{Conditions, Method, Repeat, Step, StepTable, check_pointer, ok_only};
pub(crate) use template::{JsonTemplate, Template, Unset, Variables, as_text};
pub(crate) use window::Edge;
pub use world::{Death, NoAnswer, Request, Response, World};
