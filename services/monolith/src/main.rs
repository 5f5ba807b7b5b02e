//! The monolith: every module in one process.

use std::process::ExitCode;

use shared::Program;

fn main() -> ExitCode {
    let program = Program {
        name: "monolith",
        about: "All modules in one process; a module whose URL is set is a service of its own instead.",
        settings: monolith::settings(),
        fail_points: monolith::FAIL_POINTS,
    };
    program.run(|env| Box::pin(monolith::open(env)))
}
