//! What brings a topology to life: child processes of this machine ([`local`]).

pub mod local;
mod options;
mod progress;
mod status;
mod world;

pub use options::{Options, Profile};
pub use progress::Event;
pub use status::{NodeState, NodeStatus};
pub(crate) use world::{LocalWorld, Sockets};
