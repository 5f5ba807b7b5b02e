use std::path::PathBuf;

use clap::Args;
use ledger::{
    gate::{self, ServiceVersion},
    records::{Ledger, Records, Settings},
};

use super::CommandError;

/// The place of pacts, records and settings, and the form of the result.
#[derive(Debug, Args)]
pub(super) struct LedgerArgs {
    /// The folder of pacts, with `ledger` and `environments.toml` in it
    #[arg(long, value_name = "FOLDER", default_value = "pacts")]
    pub(super) pacts: PathBuf,
    /// Print one JSON object; the exit code is the same
    #[arg(long)]
    pub(super) json: bool,
}

impl LedgerArgs {
    /// The ledger in that folder.
    pub(super) fn ledger(&self) -> Ledger {
        Ledger::of_pacts(&self.pacts)
    }

    /// The settings, and the records that have to do with these versions.
    ///
    /// # Errors
    /// When they can't be read, or declare no such environment.
    pub(super) fn read_for(
        &self,
        changes: &[ServiceVersion],
        environment: &str,
    ) -> Result<(Records, Settings), CommandError> {
        let settings = Settings::of_pacts(&self.pacts)?;
        settings.environment(environment)?;
        Ok((gate::read(&self.ledger(), changes, environment)?, settings))
    }

    /// All records and settings.
    ///
    /// # Errors
    /// When they can't be read.
    pub(super) fn read(&self) -> Result<(Records, Settings), CommandError> {
        // The settings first: they are missing where the folder is the wrong one.
        let settings = Settings::of_pacts(&self.pacts)?;
        Ok((self.ledger().read()?, settings))
    }
}
