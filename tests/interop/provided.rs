use std::{
    collections::BTreeMap,
    io::{BufRead, BufReader},
    process::{Child, Command, Stdio},
};

use serde::Deserialize;

/// Providers kept up by `seam provide`; gone when dropped.
pub(crate) struct Provided {
    seam: Child,
    addresses: BTreeMap<String, Addresses>,
}

/// Where a provider is.
#[derive(Deserialize)]
pub(crate) struct Addresses {
    provider: String,
    pub(crate) provider_url: String,
    pub(crate) state_url: String,
    pub(crate) message_url: String,
}

impl Provided {
    pub(crate) fn up() -> Result<Self, String> {
        let mut command = tests::seam();
        command.args(["provide", "--json"]).stdout(Stdio::piped());
        let mut seam = command
            .spawn()
            .map_err(|error| format!("seam provide does not start: {error}"))?;
        let stdout = seam.stdout.take().ok_or("stdout is not piped")?;
        let mut provided = Self {
            seam,
            addresses: BTreeMap::new(),
        };
        let wanted = super::pacts::providers()?;
        let mut lines = BufReader::new(stdout).lines().map_while(Result::ok);
        while !wanted.iter().all(|name| provided.addresses.contains_key(name)) {
            let line = lines.next().ok_or("seam provide ended; what it said stands above")?;
            let read: Addresses = serde_json::from_str(&line).map_err(|error| format!("{line}: {error}"))?;
            provided.addresses.insert(read.provider.clone(), read);
        }
        Ok(provided)
    }

    pub(crate) fn of(&self, provider: &str) -> Result<&Addresses, String> {
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
