use clap::Args;
use ledger::{git::Repository, records::Ledger};

use super::CommandError;

/// Which version is meant.
#[derive(Clone, Debug, Args)]
pub(crate) struct VersionArg {
    /// The version, any text; left out, the git revision that is checked out (the newest that changed more than the ledger), if no file differs
    #[arg(long, value_name = "VERSION")]
    version: Option<String>,
}

impl VersionArg {
    /// The version, if one was given.
    pub(crate) fn given(&self) -> Option<&str> {
        self.version.as_deref()
    }

    /// The version given, or else the revision. Neither records that were just appended make it another one, nor a commit of them.
    pub(crate) fn or_revision(&self, ledger: &Ledger) -> Result<String, CommandError> {
        if let Some(version) = &self.version {
            return Ok(version.clone());
        }
        let repository = Repository::at(".");
        let revision = repository.revision(ledger.folder()).map_err(CommandError::NoRevision)?;
        let files = repository.changed(ledger.folder()).map_err(CommandError::NoRevision)?;
        if files.is_empty() {
            Ok(revision)
        } else {
            Err(CommandError::Dirty { revision, files })
        }
    }
}
