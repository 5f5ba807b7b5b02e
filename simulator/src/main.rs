//! The `seam` command.

use std::process::ExitCode;

fn main() -> ExitCode {
    ExitCode::from(simulator::cli::main())
}
