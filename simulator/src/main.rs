//! The `seam` command.

use std::{panic, process::ExitCode};

use simulator::{cli, exit};

fn main() -> ExitCode {
    // A mistake of `seam` itself has been told by the panic, and has the exit code of what could not run.
    ExitCode::from(panic::catch_unwind(cli::main).unwrap_or(exit::COULD_NOT_RUN))
}
