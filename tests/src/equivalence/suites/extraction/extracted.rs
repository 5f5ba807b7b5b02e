use std::sync::Arc;

use seam::{Contract, equivalence::Instance};
use shared::{Module, StartError};
use tempfile::TempDir;

use crate::equivalence::{reach::Served, storage::TestEnvironment};

/// A module in a server of its own.
pub(super) struct Extracted {
    served: Served,
    folder: Arc<TempDir>,
}

impl Extracted {
    /// Serves the opened module.
    pub(super) async fn serve<C: ?Sized>(
        own: TestEnvironment,
        opened: Result<Module<C>, StartError>,
    ) -> Result<Self, String> {
        let module = opened.map_err(|error| error.to_string())?;
        Ok(Self {
            served: Served::begin(own.environment, vec![module.mount()]).await?,
            folder: own.folder,
        })
    }

    /// The setting that points a monolith to this server.
    pub(super) fn at<'a>(&'a self, setting: &'a str) -> (&'a str, &'a str) {
        (setting, &self.served.base)
    }

    /// Stops the server after the monolith that calls it.
    pub(super) fn end_after<C: Contract + ?Sized>(this: Option<Self>, instance: Instance<C>) -> Instance<C> {
        match this {
            Some(Self { served, folder }) => instance.keeping(folder).closed_by(served.end()),
            None => instance,
        }
    }
}
