//! Arguments that several commands have.

mod pacts;
mod providers;
mod topology;
mod version;

pub(crate) use pacts::PactsArgs;
pub(crate) use providers::ProvidersArgs;
pub(crate) use topology::{TopologyArgs, own_topology};
pub(crate) use version::{VersionArg, VersionError};
