use clap::Args;
use jiff::Timestamp;
use pacts::gate::{Gate, ServiceVersion};
use serde_json::json;

use super::{Command, CommandError, place::Place, record_deployment::or_none, recorded, version::VersionArg};

/// What `seam record-undeployment` is told.
#[derive(Debug, Args)]
pub(crate) struct RecordUndeploymentArgs {
    /// The service that was taken out
    service: String,
    #[command(flatten)]
    version: VersionArg,
    /// The environment it was taken out of
    #[arg(long = "from", value_name = "ENVIRONMENT")]
    environment: String,
    #[command(flatten)]
    place: Place,
}

impl Command for RecordUndeploymentArgs {
    const NAME: &'static str = "record-undeployment";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let Self {
            service, environment, ..
        } = self;
        let version = self.version.or_revision(&self.place.ledger())?;
        let (records, settings) = self.place.read()?;
        let record = Gate::new(&records, &settings).undeployed(
            &ServiceVersion::new(service, &version),
            environment,
            Timestamp::now(),
        )?;
        let now: Vec<&str> = record.live.iter().map(String::as_str).collect();
        let sentence = format!("live in {environment}: {service} {}; gone: {version}", or_none(&now));
        let facts = json!({ "environment": environment, "service": service, "live": now, "gone": [version] });
        let file = self.place.ledger().record_deployment(record.clone())?;
        Ok(recorded(&file, &sentence, facts, self.place.json))
    }
}
