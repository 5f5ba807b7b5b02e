use clap::Args;
use ledger::gate::Gate;

use super::{Command, CommandError, answered, subject::Subject};

/// Arguments of `seam can-i-undeploy`.
#[derive(Debug, Args)]
pub(crate) struct CanIUndeployArgs {
    #[command(flatten)]
    subject: Subject,
    /// The environment it would be taken out of
    #[arg(long = "from", value_name = "ENVIRONMENT")]
    environment: String,
}

impl Command for CanIUndeployArgs {
    const NAME: &'static str = "can-i-undeploy";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let who = self.subject.version()?;
        let (records, settings) = self
            .subject
            .args
            .read_for(std::slice::from_ref(&who), &self.environment)?;
        let answer = Gate::new(&records, &settings).can_i_undeploy(&who, &self.environment)?;
        Ok(answered(&answer, self.subject.args.json))
    }
}
