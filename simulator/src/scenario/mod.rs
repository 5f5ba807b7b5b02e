//! Scenarios: a workload, a schedule of faults, and invariants, from a TOML file to a verdict.
//!
//! A file as it is written is resolved into a plan ([`Scenario`]), in which every name means something; the engine
//! ([`run`]) runs the plan. The engine knows neither clocks nor sockets: all it sees is a
//! [`World`](crate::steps::World). All its choices are drawn from one seed, each for itself, so that one choice more
//! never changes another.
//!
//! A fault is laid at its moment and lifted when its time is up, at the latest in the phase "heal". An [`Invariant`]
//! is a query for its violations over tables of observations; an invariant that examined nothing is no proof, and
//! neither is a fault that never happened, or one on a link that met no traffic.

mod candidates;
mod check;
mod checks;
mod choices;
mod collect;
mod draw;
mod engine;
mod error;
mod explore;
mod failures;
mod fault_plan;
mod faults;
mod file;
mod file_checks;
mod file_explore;
mod include;
mod journey;
mod judge;
mod load;
mod log_window;
mod moment;
mod observations;
mod pinned;
mod plan;
mod progress;
mod query;
mod report;
mod resolve;
mod resolve_checks;
mod resolve_fault;
mod resolve_limits;
mod schedule;
mod schema;
mod tables;
mod timekeeper;
mod times;
mod uses;
mod windows;
mod workload;

pub use candidates::Candidates;
pub use check::Check;
pub use engine::run;
pub(crate) use engine::run_beside;
pub use error::ScenarioError;
pub use explore::Explore;
pub use failures::Failures;
pub use fault_plan::FaultPlan;
pub use journey::JourneyFailure;
pub use observations::Observations;
pub(crate) use pinned::Pin;
pub use plan::{Invariant, Scenario, Workload};
pub use progress::{Event, Phase};
pub use report::{DeathReport, FaultOutcome, FaultReport, InvariantReport, Report, Row, Timeline, Unsettled, Verdict};
pub(crate) use schema::{SpanText, TimeText};
pub(crate) use times::{Span, Time};
pub use uses::{Use, UseKind};

/// JSON Schema of a scenario's file.
pub(crate) fn schema() -> serde_json::Value {
    crate::schema::of::<file::ScenarioFile>()
}
