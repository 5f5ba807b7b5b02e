use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;

/// The platform's providers, kept up by `seam provide` until they are dropped.
#[derive(Debug)]
pub struct Provided {
    seam: Child,
    addresses: BTreeMap<String, Addresses>,
}

/// Addresses of one provider.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    provider: String,
    /// The base URL of its API.
    pub provider_url: String,
    /// The URL that changes its provider states.
    pub state_url: String,
    /// The URL that returns its messages.
    pub message_url: String,
}

impl Provided {
    /// Brings the providers up and waits until `count` of them have printed their addresses.
    ///
    /// # Errors
    /// If they do not come up; stderr holds the output of `seam`.
    pub fn up(count: usize) -> Result<Self, String> {
        let mut command = crate::seam();
        command.args(["provide", "--json"]).stdout(Stdio::piped());
        let mut seam = command
            .spawn()
            .map_err(|error| format!("seam provide does not start: {error}"))?;
        let stdout = seam.stdout.take().ok_or("stdout is not piped")?;
        let mut provided = Self {
            seam,
            addresses: BTreeMap::new(),
        };
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        while provided.addresses.len() < count {
            let line = lines.next().ok_or("seam provide ended; what it said stands above")?;
            let read: Addresses = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
            provided.addresses.insert(read.provider.clone(), read);
        }
        Ok(provided)
    }

    /// The addresses of this provider.
    ///
    /// # Errors
    /// If there is no provider of this name.
    pub fn of(&self, provider: &str) -> Result<&Addresses, String> {
        let addresses = self.addresses.get(provider);
        addresses.ok_or_else(|| format!("seam provide does not provide '{provider}'; add it to pacts/providers.toml"))
    }
}

impl Drop for Provided {
    fn drop(&mut self) {
        // SIGTERM: seam takes its nodes down with it. If seam is gone already, so are they.
        let _ = Command::new("kill").arg(self.seam.id().to_string()).status();
        let _ = self.seam.wait();
    }
}
