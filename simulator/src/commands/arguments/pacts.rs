use std::collections::BTreeSet;

use clap::Args;
use ledger::source::Source;
use verifier::{Filter, Selection};

/// The pacts that a command is about.
#[derive(Clone, Debug, Args)]
pub(crate) struct PactsArgs {
    /// The provider, as pacts name it; every provider that has pacts where not given
    pub(crate) service: Option<String>,
    /// The place of the pacts: a folder, or git:REVISION:PATH
    #[arg(long, default_value = "pacts", value_name = "SOURCE")]
    pub(crate) pacts: String,
}

impl PactsArgs {
    /// One selection for each provider that has pacts, or only for the one that was named.
    ///
    /// # Errors
    /// When the pacts can't be read.
    pub(crate) fn selections(&self, filter: &Filter) -> Result<Vec<Selection>, String> {
        let source: Source = self.pacts.parse().map_err(|error| format!("{error}"))?;
        let found = source.read().map_err(|error| error.to_string())?;
        let names: BTreeSet<&str> = match self.service.as_deref() {
            Some(service) => BTreeSet::from([service]),
            None if found.is_empty() => BTreeSet::from(["every provider"]),
            None => found.iter().map(|pact| pact.document.provider()).collect(),
        };
        let select = |name| Selection::new(name, &found, filter.clone(), &self.pacts);
        Ok(names.into_iter().map(select).collect())
    }
}
