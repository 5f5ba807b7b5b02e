//! Scenarios: a workload, a schedule of faults, and invariants, from a TOML file to a verdict.
//!
//! The engine knows neither clocks nor sockets: all it sees is a [`World`](crate::steps::World). All its choices are drawn from one seed, each for
//! itself, so that one choice more never changes another. An [`Invariant`] is a query for its violations over tables of what was
//! observed; an invariant that examined nothing is no proof, and neither is a fault that never happened.

mod books;
mod check;
mod collect;
mod draw;
mod engine;
mod error;
mod file;
mod journey;
mod judge;
mod load;
mod progress;
mod report;
mod strike;
mod timekeeper;

pub use books::Books;
pub use engine::run;
pub use error::ScenarioError;
pub use file::{
    Choice, Converge, Fault, FaultKind, Invariant, Moment, Observation, Pages, Scenario, Settle, Weighted, Workload,
};
pub use journey::JourneyFailure;
pub use progress::{Phase, Progress, Silent};
pub use report::{FaultOutcome, FaultReport, InvariantReport, Report, Row, Timeline, Unsettled, Verdict};
