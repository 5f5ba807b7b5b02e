use clap::Args;
use pacts::gate::{Gate, ServiceVersion};

use super::{Command, CommandError, answered, place::Place, version::VersionArg};

/// What `seam can-i-rollback` is told.
#[derive(Debug, Args)]
pub(crate) struct CanIRollbackArgs {
    /// The service that would go back
    service: String,
    #[command(flatten)]
    version: VersionArg,
    /// The environment in which it would go back
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    environment: String,
    #[command(flatten)]
    place: Place,
}

impl Command for CanIRollbackArgs {
    const NAME: &'static str = "can-i-rollback";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let version = self.version.or_revision(&self.place.ledger())?;
        let to = ServiceVersion::new(&self.service, version);
        let (records, settings) = self.place.read_for(std::slice::from_ref(&to), &self.environment)?;
        let answer = Gate::new(&records, &settings).can_i_rollback(&to, &self.environment)?;
        Ok(answered(&answer, self.place.json))
    }
}
