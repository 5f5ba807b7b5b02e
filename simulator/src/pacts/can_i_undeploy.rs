use clap::Args;
use pacts::gate::{Gate, ServiceVersion};

use super::{Command, CommandError, answered, place::Place, version::VersionArg};

/// What `seam can-i-undeploy` is told.
#[derive(Debug, Args)]
pub(crate) struct CanIUndeployArgs {
    /// The service that would be taken out
    service: String,
    #[command(flatten)]
    version: VersionArg,
    /// The environment it would be taken out of
    #[arg(long = "from", value_name = "ENVIRONMENT")]
    environment: String,
    #[command(flatten)]
    place: Place,
}

impl Command for CanIUndeployArgs {
    const NAME: &'static str = "can-i-undeploy";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let version = self.version.or_revision(&self.place.ledger())?;
        let who = ServiceVersion::new(&self.service, version);
        let (records, settings) = self.place.read_for(std::slice::from_ref(&who), &self.environment)?;
        let answer = Gate::new(&records, &settings).can_i_undeploy(&who, &self.environment)?;
        Ok(answered(&answer, self.place.json))
    }
}
