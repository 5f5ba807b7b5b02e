//! The monolith: every module in one process.

use std::process::ExitCode;

use shared::Program;

fn main() -> ExitCode {
    let about = "All modules in one process; a module whose URL is set is a service of its own instead.";
    let program = Program {
        name: "monolith",
        about,
        settings: monolith::SETTINGS.into(),
    };
    program.run(|env| Box::pin(monolith::open(env)))
}
