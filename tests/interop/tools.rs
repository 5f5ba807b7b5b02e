use std::{
    env,
    path::{Path, PathBuf},
    process::{Command, Output},
};

use tests::Provided;

use crate::pacts::Pact;

/// A tool that verifies pacts.
pub(crate) enum Tool {
    Seam,
    VerifierCli(PathBuf),
    Python(PathBuf),
}

pub(crate) struct Tools {
    verifiers: [Tool; 3],
    pub(crate) python: PathBuf,
}

/// The tools, at the paths that `just interop` sets.
pub(crate) fn tools() -> Result<Tools, String> {
    let python = named("SEAM_INTEROP_PYTHON")?;
    Ok(Tools {
        verifiers: [
            Tool::Seam,
            Tool::VerifierCli(named("SEAM_INTEROP_VERIFIER")?),
            Tool::Python(python.clone()),
        ],
        python,
    })
}

/// The file that a variable names, which `just interop` sets.
pub(crate) fn named(name: &str) -> Result<PathBuf, String> {
    let path = env::var_os(name).map(PathBuf::from).filter(|path| path.is_file());
    path.ok_or_else(|| format!("{name} names no file; start this with 'just interop', which installs the tools"))
}

impl Tools {
    pub(crate) fn all(&self) -> Vec<&Tool> {
        self.verifiers.iter().collect()
    }
}

impl Tool {
    pub(crate) fn name(&self) -> &'static str {
        match self {
            Self::Seam => "seam",
            Self::VerifierCli(_) => "pact_verifier_cli",
            Self::Python(_) => "pact-python",
        }
    }

    /// Verifies the pact; returns true if the tool finds it kept.
    ///
    /// # Errors
    /// If the tool could not run.
    pub(crate) fn verify(&self, provided: &Provided, pact: &Pact) -> Result<bool, String> {
        let at = provided.of(&pact.provider)?;
        let folder = pact.file.parent().unwrap_or(Path::new("."));
        let mut command = match self {
            Self::Seam => {
                let mut seam = tests::seam();
                seam.args(["verify", &pact.provider, "--provider-url", &at.provider_url]);
                seam.args(["--state-url", &at.state_url, "--message-url", &at.message_url]);
                seam.arg("--pacts").arg(folder);
                seam
            }
            Self::VerifierCli(path) => verifier_cli(path, &at.provider_url, &at.message_url, &at.state_url, pact)?,
            Self::Python(path) => {
                let mut python = Command::new(path);
                python.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/interop/verify.py"));
                python.args([&pact.provider, &at.provider_url, &at.state_url, &at.message_url]);
                python.arg(&pact.file);
                python
            }
        };
        // Without this, they report every run to an analytics service.
        command.env("PACT_DO_NOT_TRACK", "true");
        let output = command
            .output()
            .map_err(|error| format!("{} does not start: {error}", self.name()))?;
        verdict(&output)
    }
}

fn verifier_cli(path: &Path, provider: &str, messages: &str, states: &str, pact: &Pact) -> Result<Command, String> {
    let (host, port) = host_and_port(provider)?;
    let (_, message_port) = host_and_port(messages)?;
    let mut cli = Command::new(path);
    cli.args(["--provider-name", &pact.provider, "--hostname", host, "--port", port]);
    cli.args(["--transports", &format!("http:{port}")]);
    cli.args(["--transports", &format!("message:{message_port}/messages")]);
    cli.args(["--state-change-url", states, "--state-change-teardown"]);
    cli.arg("--file").arg(&pact.file);
    Ok(cli)
}

fn host_and_port(url: &str) -> Result<(&str, &str), String> {
    let rest = url.strip_prefix("http://").unwrap_or(url);
    let address = rest.split_once('/').map_or(rest, |(address, _)| address);
    address.split_once(':').ok_or_else(|| format!("{url} has no port"))
}

fn verdict(output: &Output) -> Result<bool, String> {
    match output.status.code() {
        Some(0) => Ok(true),
        Some(1) => Ok(false),
        other => {
            let said = String::from_utf8_lossy(&output.stderr);
            let last = said.lines().last().unwrap_or_default();
            Err(format!("exit code {other:?}: {last}"))
        }
    }
}
