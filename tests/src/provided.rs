use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;

/// The platform's providers, kept up by `seam provide`; gone when dropped.
#[derive(Debug)]
pub struct Provided {
    seam: Child,
    addresses: BTreeMap<String, Addresses>,
}

/// Where a provider is.
#[derive(Clone, Debug, Deserialize)]
pub struct Addresses {
    provider: String,
    /// Its base URL.
    pub provider_url: String,
    /// Where it changes its states.
    pub state_url: String,
    /// Where it gives its messages.
    pub message_url: String,
}

impl Provided {
    /// Brings them up and waits until so many have said where they are.
    ///
    /// # Errors
    /// When they do not come up; what `seam` said stands on stderr.
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

    /// Where this provider is.
    ///
    /// # Errors
    /// When nobody provides it.
    pub fn of(&self, provider: &str) -> Result<&Addresses, String> {
        let addresses = self.addresses.get(provider);
        addresses.ok_or_else(|| format!("seam provide does not provide '{provider}'; add it to pacts/providers.toml"))
    }
}

impl Drop for Provided {
    fn drop(&mut self) {
        // SIGTERM: seam takes its nodes down with it. Should it be gone already, so are they.
        let _ = Command::new("kill").arg(self.seam.id().to_string()).status();
        let _ = self.seam.wait();
    }
}
