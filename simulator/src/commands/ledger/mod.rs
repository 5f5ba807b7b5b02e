//! The commands on the ledger of pacts, one file each. The crate `ledger` decides their answers.

mod args;
mod can_i_deploy;
mod can_i_rollback;
mod can_i_undeploy;
mod diff;
mod error;
mod matrix;
mod publish;
mod record_deployment;
mod record_undeployment;
mod subject;

use std::path::Path;

use ledger::gate::{Answer, Decision};
use serde_json::Value;

pub(crate) use can_i_deploy::CanIDeployArgs;
pub(crate) use can_i_rollback::CanIRollbackArgs;
pub(crate) use can_i_undeploy::CanIUndeployArgs;
pub(crate) use diff::DiffArgs;
use error::CommandError;
pub(crate) use matrix::MatrixArgs;
pub(crate) use publish::PublishArgs;
pub(crate) use record_deployment::RecordDeploymentArgs;
pub(crate) use record_undeployment::RecordUndeploymentArgs;

use super::output::{self, width};
use crate::exit;

/// One of the commands.
pub(crate) trait Command {
    /// Its name on the command line.
    const NAME: &'static str;

    /// Does it, and returns the text of the result and the exit code.
    ///
    /// # Errors
    /// When there is no result; then nothing was changed.
    fn run(&self) -> Result<(String, u8), CommandError>;
}

/// Runs a command: its result goes to stdout, an error to stderr.
pub(crate) fn run<C: Command>(command: &C) -> u8 {
    match command.run() {
        Ok((text, code)) => output::printed(C::NAME, output::print_line(text.trim_end()), code),
        Err(error) => output::could_not_run(C::NAME, &error.to_string()),
    }
}

/// The answer in the wanted format. The exit code does not depend on that.
fn answered(answer: &Answer, json: bool) -> (String, u8) {
    let text = if json {
        answer.json().to_string()
    } else {
        answer.text(width())
    };
    let code = match answer.decision {
        Decision::Yes => exit::PASS,
        Decision::No => exit::FAIL,
        Decision::Unknown => exit::INCONCLUSIVE,
    };
    (text, code)
}

/// The confirmation of a record, in the wanted format.
fn recorded(file: &Path, sentence: &str, mut facts: Value, json: bool) -> (String, u8) {
    let file = file.display().to_string();
    let text = if json {
        facts["recorded"] = file.into();
        facts.to_string()
    } else {
        format!("{sentence}\nrecorded in {file}; commit it")
    };
    (text, exit::PASS)
}
