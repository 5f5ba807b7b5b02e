use std::{
    env,
    io::{self, Write},
    process::ExitCode,
};

use futures::future::BoxFuture;
use seam::http::redacted;
use tokio::signal::unix::{SignalKind, signal};

use crate::{
    Environment, Mounted, Settings, StartError, server,
    settings::{Declarations, optional, required, standard},
    telemetry,
};

const COULD_NOT_RUN: u8 = 1;
const WRONG_USAGE: u8 = 2;
/// Threads of the runtime. Few are enough, since a service mostly waits for its disk and for other services.
const WORKER_THREADS: usize = 2;

/// The `main` of a service: its name, its settings, and how its modules are opened.
///
/// Exit codes: 0 after a clean stop or `--help`, 1 if it could not run, 2 if its arguments or settings are wrong.
#[derive(Clone, Debug)]
pub struct Program {
    /// Name of the command.
    pub name: &'static str,
    /// Purpose of the command in one sentence, for `--help`.
    pub about: &'static str,
    /// Settings of the modules. `LISTEN`, `ADDRESS_FILE`, `LOG`, `DRAIN_MS`, the broker's
    /// and the server's limits are added.
    pub settings: Declarations,
    /// Names of the modules' points at which a test can have the process die; none without the feature `fail-points`.
    pub fail_points: &'static [&'static [&'static str]],
}

/// Request of the command line.
#[derive(Clone, Debug, PartialEq, Eq)]
enum Asked {
    Serve,
    Help,
    Version,
    #[cfg(feature = "fail-points")]
    FailPoints,
    Unknown(String),
}

impl Program {
    /// Reads arguments and settings, opens the modules, and serves them until the process is told to stop.
    pub fn run<F>(self, open: F) -> ExitCode
    where
        F: FnOnce(Environment) -> BoxFuture<'static, Result<Vec<Mounted>, StartError>>,
    {
        match asked(env::args().skip(1)) {
            Asked::Help => say(&Settings::help(self.name, self.about, &self.declared())),
            Asked::Version => say(&format!("{} {}\n", self.name, env!("CARGO_PKG_VERSION"))),
            #[cfg(feature = "fail-points")]
            Asked::FailPoints => say(&(self.fail_points.concat().join("\n") + "\n")),
            Asked::Unknown(argument) => {
                self.complain(&format!(
                    "unknown argument {:?}; settings are environment variables, see --help",
                    redacted(&argument)
                ));
                ExitCode::from(WRONG_USAGE)
            }
            Asked::Serve => match self.serve(open) {
                Ok(()) => ExitCode::SUCCESS,
                Err(error @ StartError::Settings(_)) => {
                    self.complain(&error.to_string());
                    ExitCode::from(WRONG_USAGE)
                }
                Err(error) => {
                    self.complain(&error.to_string());
                    ExitCode::from(COULD_NOT_RUN)
                }
            },
        }
    }

    fn serve<F>(&self, open: F) -> Result<(), StartError>
    where
        F: FnOnce(Environment) -> BoxFuture<'static, Result<Vec<Mounted>, StartError>>,
    {
        let settings = Settings::from_environment(&self.declared())?;
        #[cfg(feature = "fail-points")]
        crate::fail_points::arm(self.name, &self.fail_points.concat()).map_err(StartError::Other)?;
        telemetry::init(&settings.get(&standard::LOG)?);
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(WORKER_THREADS)
            .enable_all()
            .build()
            .map_err(|error| StartError::Other(format!("can't start the runtime: {error}")))?;
        runtime.block_on(async {
            outlive_full_files();
            let environment = Environment::new(settings);
            let modules = open(environment.clone()).await?;
            server::run(environment, modules).await
        })
    }

    fn declared(&self) -> Declarations {
        let own = [
            required(&standard::LISTEN),
            optional(&standard::ADDRESS_FILE),
            optional(&standard::ADMIN_TOKEN),
            optional(&standard::NATS_URL),
            optional(&standard::NATS_PREFIX),
            required(&standard::LOG),
            required(&standard::DRAIN_MS),
            required(&standard::HEAD_MS),
            required(&standard::BODY_MS),
            required(&standard::BODY_RATE),
            required(&standard::IDLE_MS),
            required(&standard::CONNECTIONS),
            required(&standard::BODY_BYTES),
            required(&standard::REQUESTS),
        ];
        Declarations::from(own.as_slice()).and(&self.settings)
    }

    /// Prints one line per mistake on stderr.
    fn complain(&self, message: &str) {
        for line in message.lines() {
            let _ = writeln!(io::stderr(), "{}: {line}", self.name);
        }
    }
}

/// Has a write beyond the limit on the size of a file (`ulimit -f`) fail like any other, where the system would end the
/// process.
fn outlive_full_files() {
    /// Number of `SIGXFSZ`.
    const TOO_LARGE: i32 = 25;
    if let Err(error) = signal(SignalKind::from_raw(TOO_LARGE)) {
        tracing::warn!(%error, "a write beyond the limit on the size of a file will end the process");
    }
}

fn asked(arguments: impl Iterator<Item = String>) -> Asked {
    let mut asked = Asked::Serve;
    for argument in arguments {
        asked = match argument.as_str() {
            "--help" | "-h" => return Asked::Help,
            "--version" | "-V" => Asked::Version,
            #[cfg(feature = "fail-points")]
            "--fail-points" => Asked::FailPoints,
            _ => return Asked::Unknown(argument),
        };
    }
    asked
}

fn say(text: &str) -> ExitCode {
    match io::stdout().write_all(text.as_bytes()) {
        // A reader that has seen enough, such as `head`, closes the pipe.
        Err(error) if error.kind() != io::ErrorKind::BrokenPipe => {
            let _ = writeln!(io::stderr(), "the text can't be written to stdout: {error}");
            ExitCode::from(COULD_NOT_RUN)
        }
        _ => ExitCode::SUCCESS,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn asked_by(arguments: &[&str]) -> Asked {
        asked(arguments.iter().map(|argument| (*argument).to_owned()))
    }

    #[test]
    fn help_is_given_wherever_it_is_asked_for() {
        assert_eq!(asked_by(&["--version", "--help"]), Asked::Help);
    }

    #[test]
    fn an_argument_that_is_not_known_is_named() {
        assert_eq!(asked_by(&["--port=1"]), Asked::Unknown("--port=1".to_owned()));
        assert_eq!(asked_by(&[]), Asked::Serve);
    }
}
