use clap::Args;
use jiff::Timestamp;
use ledger::{
    gate::{Gate, ServiceVersion},
    records::Others,
};
use serde_json::json;

use super::{Command, CommandError, recorded, subject::Subject};

/// Arguments of `seam record-deployment`.
#[derive(Debug, Args)]
pub(crate) struct RecordDeploymentArgs {
    #[command(flatten)]
    subject: Subject,
    /// The environment it went to
    #[arg(long = "to", value_name = "ENVIRONMENT")]
    environment: String,
    /// The versions that were live stay live; left out, this one took their place
    #[arg(long)]
    beside: bool,
}

impl Command for RecordDeploymentArgs {
    const NAME: &'static str = "record-deployment";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let (environment, args) = (&self.environment, &self.subject.args);
        let who = self.subject.version()?;
        let ServiceVersion { service, version } = &who;
        let (records, settings) = args.read()?;
        Gate::new(&records, &settings).check_known(&who, environment)?;
        let live = records.live();
        let before: Vec<&str> = live.versions(environment, service).collect();
        let others = if self.beside { Others::Stay } else { Others::GoOut };
        let record = live.deployed(environment, service, version, others, Timestamp::now());
        let now = record.live.clone();
        let out: Vec<&str> = before
            .into_iter()
            .filter(|old| !now.iter().any(|version| version == old))
            .collect();

        let sentence = format!(
            "live in {environment}: {service} {}; gone: {}",
            now.join(", "),
            or_none(&out)
        );
        let facts = json!({ "environment": environment, "service": service, "live": now, "gone": out });
        let file = args.ledger().record_deployment(record)?;
        Ok(recorded(&file, &sentence, facts, args.json))
    }
}

/// A list for people.
pub(super) fn or_none(versions: &[&str]) -> String {
    if versions.is_empty() {
        "none".to_owned()
    } else {
        versions.join(", ")
    }
}
