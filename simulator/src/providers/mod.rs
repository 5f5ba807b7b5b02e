//! Providers that are brought up in a topology, and into the states that pacts ask for, as a file says.

mod file;
mod stage;
mod steps;

use file::MessageRule;
pub(crate) use file::Providers;
pub(crate) use stage::{Stage, StageArgs};
use steps::StepProvider;
