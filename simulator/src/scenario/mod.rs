//! Scenarios: a workload, a schedule of faults, and invariants, from a TOML file to a verdict.
//!
//! The engine knows neither clocks nor sockets: all it sees is a [`World`]. All its choices are drawn from one seed, each for
//! itself, so that one choice more never changes another. An [`Invariant`] is a query for its violations over tables of what was
//! observed; an invariant that examined nothing is no proof, and neither is a fault that never happened.

mod asker;
mod books;
mod check;
mod collect;
mod command;
mod draw;
mod engine;
mod error;
mod file;
mod journey;
mod judge;
mod load;
mod local_world;
mod progress;
mod report;
mod strike;
mod template;
mod timekeeper;
mod world;

pub use asker::Requests;
pub(crate) use asker::{Asker, Wanted};
pub use books::Books;
pub use command::{RunArgs, run_command};
pub use engine::run;
pub use error::ScenarioError;
pub use file::{
    Choice, Converge, Fault, FaultKind, Invariant, Method, Moment, Observation, OneOrMany, Pages, Repeat,
    RepeatedAnswer, Scenario, Settle, Step, Until, Weighted, Workload,
};
pub use journey::JourneyFailure;
pub(crate) use journey::{all_accept, take_step};
pub(crate) use local_world::LocalWorld;
pub use progress::{Phase, Progress, Silent};
pub use report::{FaultOutcome, FaultReport, InvariantReport, Report, Row, Timeline, Unsettled, Verdict};
pub(crate) use template::{Unset, Variables, render, render_path};
pub use world::{NoAnswer, Request, Response, World};
