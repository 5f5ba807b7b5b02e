use clap::Args;
use ledger::gate::{Gate, ServiceVersion};

use super::{Command, CommandError, answered, subject::Subject};

/// Arguments of `seam can-i-deploy`.
#[derive(Debug, Args)]
pub(crate) struct CanIDeployArgs {
    #[command(flatten)]
    subject: Subject,
    /// The environment it would go to
    #[arg(long = "to", value_name = "ENVIRONMENT")]
    environment: String,
    /// Another service that goes with it, for those that need each other; may be repeated
    #[arg(long, value_name = "SERVICE=VERSION")]
    with: Vec<String>,
}

impl Command for CanIDeployArgs {
    const NAME: &'static str = "can-i-deploy";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let mut changes = vec![self.subject.version()?];
        for text in &self.with {
            changes.push(change(text)?);
        }
        let (records, settings) = self.subject.args.read_for(&changes, &self.environment)?;
        let answer = Gate::new(&records, &settings).can_i_deploy(&changes, &self.environment)?;
        Ok(answered(&answer, self.subject.args.json))
    }
}

fn change(text: &str) -> Result<ServiceVersion, CommandError> {
    match text.split_once('=') {
        Some((service, version)) if !service.is_empty() && !version.is_empty() => {
            Ok(ServiceVersion::new(service, version))
        }
        _ => Err(CommandError::NotAChange(text.to_owned())),
    }
}
