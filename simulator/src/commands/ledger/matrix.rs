use std::path::PathBuf;

use clap::Args;
use ledger::{gate::Gate, matrix::Matrix};
use serde_json::json;

use super::{Command, CommandError, args::LedgerArgs, width};
use crate::{commands::output, exit};

/// Arguments of `seam matrix`.
#[derive(Debug, Args)]
pub(crate) struct MatrixArgs {
    /// Write a page with the grid and a graph of who depends on whom
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    #[command(flatten)]
    args: LedgerArgs,
}

impl Command for MatrixArgs {
    const NAME: &'static str = "matrix";

    fn run(&self) -> Result<(String, u8), CommandError> {
        let (records, settings) = self.args.read()?;
        let matrix = Matrix::of(&Gate::new(&records, &settings));
        if let Some(file) = &self.html {
            std::fs::write(file, matrix.html()).map_err(|source| CommandError::Unwritable {
                file: file.clone(),
                source,
            })?;
            output::note(&format!("written to {}", file.display()));
        }
        let text = if self.args.json {
            json!(matrix).to_string()
        } else {
            matrix.text(width())
        };
        Ok((text, exit::PASS))
    }
}
