use clap::Args;
use ledger::gate::ServiceVersion;

use super::{CommandError, args::LedgerArgs};
use crate::commands::arguments::VersionArg;

/// The version of a service that a command is about.
#[derive(Debug, Args)]
pub(super) struct Subject {
    /// The service, as pacts name it
    service: String,
    #[command(flatten)]
    version: VersionArg,
    #[command(flatten)]
    pub(super) args: LedgerArgs,
}

impl Subject {
    /// The version; where none was given, the revision that is checked out.
    ///
    /// # Errors
    /// When no version was given and the revision can't stand for one.
    pub(super) fn version(&self) -> Result<ServiceVersion, CommandError> {
        let version = self.version.or_revision(&self.args.ledger())?;
        Ok(ServiceVersion::new(&self.service, version))
    }
}
