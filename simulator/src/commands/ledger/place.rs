use std::path::PathBuf;

use clap::Args;
use ledger::{
    gate::{self, ServiceVersion},
    records::{Ledger, Records, Settings},
};

use super::CommandError;

/// Where pacts, records and settings lie, and how the result is written.
#[derive(Debug, Args)]
pub(super) struct Place {
    /// The folder of pacts, with `ledger` and `environments.toml` in it
    #[arg(long, value_name = "FOLDER", default_value = "pacts")]
    pub(super) pacts: PathBuf,
    /// Print one JSON object; the exit code is the same
    #[arg(long)]
    pub(super) json: bool,
}

impl Place {
    pub(super) fn ledger(&self) -> Ledger {
        Ledger::of_pacts(&self.pacts)
    }

    /// What is declared, and recorded that has to do with these versions.
    pub(super) fn read_for(
        &self,
        changes: &[ServiceVersion],
        environment: &str,
    ) -> Result<(Records, Settings), CommandError> {
        let settings = Settings::of_pacts(&self.pacts)?;
        settings.environment(environment)?;
        Ok((gate::read(&self.ledger(), changes, environment)?, settings))
    }

    /// Everything that is recorded and declared.
    pub(super) fn read(&self) -> Result<(Records, Settings), CommandError> {
        // The settings first: they are missing where the folder is the wrong one.
        let settings = Settings::of_pacts(&self.pacts)?;
        Ok((self.ledger().read()?, settings))
    }
}
