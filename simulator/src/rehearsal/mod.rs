//! Rehearsals: a module is taken out of one node into another, step by step, while the journeys of a scenario go on.
//!
//! A [`Plan`] names a scenario, a dark launch (`seam::launch`), a handover (`seam::handover`) and steps. A [`Walk`]
//! plants a defect first, which the gate has to name; then it takes the steps, each of which the gate has to let end,
//! takes one back and comes again, and kills a node, as the seed says. It knows the platform only through
//! [`Operators`] and a [`World`](crate::steps::World).

mod answer;
mod control;
mod file;
mod operators;
mod plan;
mod progress;
mod report;
#[cfg(test)]
mod tests;
mod walk;

pub(crate) use operators::Operators;
pub(crate) use plan::Plan;
pub(crate) use progress::Event;
pub(crate) use report::{Copies, DefectReport, KillReport, Outcome, RehearsalReport, StepReport};
pub(crate) use walk::Walk;

/// JSON Schema of a plan's file.
pub(crate) fn schema() -> serde_json::Value {
    crate::schema::of::<file::PlanFile>()
}
