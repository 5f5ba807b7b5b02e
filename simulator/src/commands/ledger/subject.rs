use clap::Args;
use ledger::gate::ServiceVersion;

use super::{CommandError, place::Place, version::VersionArg};

/// The version of a service that a command is about.
#[derive(Debug, Args)]
pub(super) struct Subject {
    /// The service, as pacts name it
    service: String,
    #[command(flatten)]
    version: VersionArg,
    #[command(flatten)]
    pub(super) place: Place,
}

impl Subject {
    /// Which it is; without a version, the revision that is checked out.
    pub(super) fn version(&self) -> Result<ServiceVersion, CommandError> {
        let version = self.version.or_revision(&self.place.ledger())?;
        Ok(ServiceVersion::new(&self.service, version))
    }
}
