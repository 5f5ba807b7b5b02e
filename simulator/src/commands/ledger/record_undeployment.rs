use clap::Args;
use jiff::Timestamp;
use ledger::gate::{Gate, ServiceVersion};
use serde_json::json;

use super::{Command, CommandError, record_deployment::or_none, recorded, subject::Subject};

/// Arguments of `seam record-undeployment`.
#[derive(Debug, Args)]
pub(crate) struct RecordUndeploymentArgs {
    #[command(flatten)]
    subject: Subject,
    /// The environment it was taken out of
    #[arg(long = "from", value_name = "ENVIRONMENT")]
    environment: String,
}

impl Command for RecordUndeploymentArgs {
    const NAME: &'static str = "record-undeployment";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let (environment, args) = (&self.environment, &self.subject.args);
        let who = self.subject.version()?;
        let ServiceVersion { service, version } = &who;
        let (records, settings) = args.read()?;
        let record = Gate::new(&records, &settings).undeployed(&who, environment, Timestamp::now())?;
        let now: Vec<&str> = record.live.iter().map(String::as_str).collect();
        let sentence = format!("live in {environment}: {service} {}; gone: {version}", or_none(&now));
        let facts = json!({ "environment": environment, "service": service, "live": now, "gone": [version] });
        let file = args.ledger().record_deployment(record.clone())?;
        Ok(recorded(&file, &sentence, facts, args.json))
    }
}
