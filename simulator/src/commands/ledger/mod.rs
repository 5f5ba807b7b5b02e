//! The commands about pacts: one file each. What they answer is decided in the crate `pacts`.

mod can_i_deploy;
mod can_i_rollback;
mod can_i_undeploy;
mod diff;
mod error;
mod matrix;
mod place;
mod publish;
mod record_deployment;
mod record_undeployment;
mod subject;
mod version;

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
pub(crate) use version::VersionArg;

use crate::exit;

/// One of the commands: says its result, or why there is none.
pub(crate) trait Command {
    /// Its name on the command line.
    const NAME: &'static str;

    /// Does it, and returns the text of the result and the exit code.
    fn run(&self) -> Result<(String, u8), CommandError>;
}

/// Runs a command: its result goes to stdout, an error to stderr.
pub(crate) fn run<C: Command>(command: &C) -> u8 {
    match command.run() {
        Ok((text, code)) => {
            print(text.trim_end());
            code
        }
        Err(error) => exit::could_not_run(C::NAME, &error.to_string()),
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

/// What was recorded, in the wanted format.
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

fn width() -> u16 {
    crossterm::terminal::size().map_or(120, |(columns, _)| columns)
}

#[expect(clippy::print_stdout, reason = "this is the command's result")]
fn print(text: &str) {
    println!("{text}");
}
