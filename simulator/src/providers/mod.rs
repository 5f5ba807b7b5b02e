//! Providers that are brought up in a topology, and into the states that pacts ask for, as a file says.

mod file;
mod pattern;
mod search;
mod stage;
mod steps;

pub(crate) use file::Providers;
use file::{MessageRule, Page};
pub(crate) use stage::Stage;
use steps::StepProvider;
