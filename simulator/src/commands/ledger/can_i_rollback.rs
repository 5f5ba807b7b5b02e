use clap::Args;
use ledger::gate::Gate;

use super::{Command, CommandError, answered, subject::Subject};

/// Arguments of `seam can-i-rollback`.
#[derive(Debug, Args)]
pub(crate) struct CanIRollbackArgs {
    #[command(flatten)]
    subject: Subject,
    /// The environment in which it would go back
    #[arg(long = "in", value_name = "ENVIRONMENT")]
    environment: String,
}

impl Command for CanIRollbackArgs {
    const NAME: &'static str = "can-i-rollback";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let to = self.subject.version()?;
        let (records, settings) = self
            .subject
            .args
            .read_for(std::slice::from_ref(&to), &self.environment)?;
        let answer = Gate::new(&records, &settings).can_i_rollback(&to, &self.environment)?;
        Ok(answered(&answer, self.subject.args.json))
    }
}
